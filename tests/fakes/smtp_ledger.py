"""What the scripted server has seen: every mail it took, every connection and command."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import FileIO
from pathlib import Path
from threading import Condition

_SHOWN_COMMANDS = 12


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the server took."""

    reverse_path: str
    recipients: tuple[str, ...]
    """Those whose RCPT was accepted."""
    content: bytes
    """As sent, dot-stuffing undone, with the CRLF before the final dot."""
    has_tls: bool
    user: str
    """The name that logged in, or an empty string."""
    connection: int
    parameters: tuple[str, ...] = ()
    """Those of MAIL, for example `SIZE=123`."""
    is_answered: bool = True
    """False: taken, but the answer was withheld on purpose."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def parsed(self) -> EmailMessage:
        """The content, read by the standard library."""
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def message_id(self) -> str:
        """The Message-ID field, or an empty string."""
        return message_id(self.content)

    def as_line(self, *, with_content: bool) -> bytes:
        """One JSON line of the ledger file."""
        entry = {
            "reverse_path": self.reverse_path,
            "recipients": self.recipients,
            "message_id": self.message_id,
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "has_tls": self.has_tls,
            "user": self.user,
            "connection": self.connection,
            "is_answered": self.is_answered,
            "at": self.at.isoformat(),
        }
        if with_content:
            entry["content"] = base64.b64encode(self.content).decode()
        return json.dumps(entry).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Command:
    """A line that a client sent, or `CONNECT`, `TLS`, `TLS-FAILED`, `CLOSED`."""

    connection: int
    line: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def verb(self) -> str:
        """The first word, in capitals."""
        return self.line.split(" ", 1)[0].upper()


class Ledger:
    """Written by the server's thread, read by the test's; waiting is on a condition."""

    def __init__(self, path: Path | None = None, *, with_content: bool = False) -> None:
        """With a path each mail is also appended there, synced before it is answered."""
        self.mails: list[Mail] = []
        self.commands: list[Command] = []
        self._changed = Condition()
        self._with_content = with_content
        self._file: FileIO | None = path.open("ab", buffering=0) if path else None

    def take(self, mail: Mail) -> None:
        """Enters a mail; durable in the file when this returns."""
        if self._file is not None:
            self._write(self._file, mail)
        with self._changed:
            self.mails.append(mail)
            self._changed.notify_all()

    def note(self, connection: int, line: str) -> None:
        """Enters a command."""
        with self._changed:
            self.commands.append(Command(connection, line))
            self._changed.notify_all()

    def wait_until(self, holds: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Returns once `holds()`; AssertionError with what was seen when it does not in time."""
        with self._changed:
            if not self._changed.wait_for(holds, timeout_s):
                raise AssertionError(f"{what} within {timeout_s:g} s. {self._seen()}")

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, file: FileIO, mail: Mail) -> None:
        try:
            file.write(mail.as_line(with_content=self._with_content))
            os.fsync(file.fileno())
        except OSError as error:  # else it would pass for a client that went away
            raise RuntimeError("The ledger cannot be written.") from error

    def _seen(self) -> str:
        last = [f"{c.connection}: {c.line}" for c in self.commands[-_SHOWN_COMMANDS:]]
        return f"{len(self.mails)} mails arrived; last commands: {last}"


def message_id(content: bytes) -> str:
    """The Message-ID of a message, without reading its body."""
    for line in content.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line[:11].lower() == b"message-id:":
            return line[11:].strip().decode("utf-8", "replace")
    return ""

"""The server's side of AUTH: PLAIN, LOGIN (RFC 4616 and its forerunner) and CRAM-MD5 (RFC 2195)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Mapping

Ask = Callable[[str], Awaitable[str | None]]
"""Sends a challenge in clear, returns the decoded answer; None when it was cancelled or broken."""

CHALLENGE = "<1896.697170952@fake.example>"


async def login(
    mechanism: str, initial: str | None, users: Mapping[str, str], ask: Ask
) -> str | None:
    """The name that logged in; an empty string for a wrong password, None when it broke off."""
    if mechanism == "PLAIN":
        return _plain(initial if initial is not None else await ask(""), users)
    if mechanism == "LOGIN":
        name = initial if initial is not None else await ask("Username:")
        password = None if name is None else await ask("Password:")
        return _checked(name, password, users)
    return _cram_md5(await ask(CHALLENGE), users)


def decoded(line: str) -> str | None:
    """The text of a base64 line; None for anything else."""
    try:
        return base64.b64decode("" if line == "=" else line, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _plain(answer: str | None, users: Mapping[str, str]) -> str | None:
    parts = (answer or "").split("\0")
    if answer is None or len(parts) != 3:  # authorisation name, name, password
        return None
    return _checked(parts[1], parts[2], users)


def _checked(name: str | None, password: str | None, users: Mapping[str, str]) -> str | None:
    if name is None or password is None:
        return None
    return name if users.get(name) == password else ""


def _cram_md5(answer: str | None, users: Mapping[str, str]) -> str | None:
    if answer is None or " " not in answer:
        return None
    name, digest = answer.rsplit(" ", 1)
    due = hmac.new(users.get(name, "").encode(), CHALLENGE.encode(), "md5").hexdigest()
    return name if name in users and hmac.compare_digest(due, digest) else ""

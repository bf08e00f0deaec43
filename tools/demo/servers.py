"""The two sandbox servers as the rest of the demo knows them: names, switch, what they have got.

The switch is a file in the demo's folder: a server listens unless the file says that it is off. So
panel and servers need no other way to each other, and a switch that was left off stays off.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from tools.demo.place import Place

ALPHA = "alpha"
BETA = "beta"
SERVERS = (ALPHA, BETA)
LEFT = "gamma"
"""A port on which nobody listens: of what is not in use any more."""
TITLES = {ALPHA: "Alpha", BETA: "Beta"}
KEPT = 200
"""Mails that a server keeps; older ones go."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that a server got."""

    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server at this moment."""

    name: str
    title: str
    port: int
    is_on: bool
    latest: tuple[Arrival, ...]
    """Newest first."""


class Drawer:
    """Where one server keeps what it gets, and where its switch lies."""

    def __init__(self, folder: Path, name: str) -> None:
        self._mails = folder / "servers" / name
        self._switch = folder / "servers" / f"{name}.off"
        self._mails.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def is_on(self) -> bool:
        """Whether the server is to listen."""
        return not self._switch.exists()

    def turn(self, *, on: bool) -> None:
        """Sets the switch."""
        if on:
            self._switch.unlink(missing_ok=True)
        else:
            self._switch.touch(mode=0o600)

    def keep(self, number: int, content: bytes) -> None:
        """Keeps a mail, `number` being higher than that of all before, and drops the oldest."""
        (self._mails / f"{number:012}.eml").write_bytes(content)
        for old in self.numbers()[:-KEPT]:
            self._path(old).unlink(missing_ok=True)

    def numbers(self) -> list[int]:
        """Of the mails that are kept, oldest first."""
        return sorted(int(path.stem) for path in self._mails.glob("*.eml"))

    def latest(self) -> tuple[Arrival, ...]:
        """The newest mails."""
        return tuple(map(self._arrival, reversed(self.numbers()[-SHOWN:])))

    def _path(self, number: int) -> Path:
        return self._mails / f"{number:012}.eml"

    def _arrival(self, number: int) -> Arrival:
        try:
            mail = message_from_bytes(self._path(number).read_bytes(), policy=policy.default)
        except OSError:  # Dropped in this very moment.
            return Arrival("", "")
        return Arrival(str(mail.get("X-Sandbox-To", "")), str(mail.get("Subject", "")))


def drawer(place: Place, name: str) -> Drawer:
    """That of one server."""
    return Drawer(place.folder, name)


def servers(place: Place) -> tuple[Server, ...]:
    """Both, as they are now."""
    drawers = {name: drawer(place, name) for name in SERVERS}
    return tuple(
        Server(name, TITLES[name], place.ports[name], drawers[name].is_on, drawers[name].latest())
        for name in SERVERS
    )

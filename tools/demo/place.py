"""Where a demo lives: its folder, its ports and the settings of all its processes.

The folder is never that of another instance: what has no note of a demo in it is left alone.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from panel.config import CHECKOUT

HOST = "127.0.0.1"
DEFAULT_FOLDER = CHECKOUT / "instance-demo"
NOTE = "demo.json"
FIRST_PORT = 2590
"""Where the search for free ports of the servers begins."""
PORTS_TRIED = 300


class CannotDemo(Exception):
    """The demo cannot be started; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A demo that has been made, as its note tells."""

    folder: Path
    ports: Mapping[str, int]
    """Of the servers, by their names."""
    password: str = field(repr=False)
    """By which all its people sign in."""
    token: str = field(default="", repr=False)
    """Of the application in whose name new mail comes in."""
    partner_token: str = field(default="", repr=False)
    is_complete: bool = False
    """It has its people and its history."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The demo in this folder. Raises CannotDemo when there is none."""
        try:
            noted = json.loads((folder / NOTE).read_text("utf-8"))
            return cls(**(noted | {"folder": folder}))
        except (OSError, ValueError, TypeError):
            raise CannotDemo(f"There is no demo in {folder}.") from None

    def write(self) -> None:
        """Keeps the note, for this user's eyes only."""
        noted = {name: value for name, value in asdict(self).items() if name != "folder"}
        path = self.folder / NOTE
        path.touch(mode=0o600)
        path.write_text(json.dumps(noted, indent=1), "utf-8")

    def settings(self, *, port: int) -> dict[str, str]:
        """The environment of its processes; connections go nowhere but to this machine itself."""
        return {
            "POSTROOM_INSTANCE": str(self.folder),
            "POSTROOM_OPERATOR_EGRESS": "loopback",
            "POSTROOM_PARTNER_EGRESS": "127.0.0.1/32:1-65535",
            "POSTROOM_BASE_URL": f"http://{HOST}:{port}",
            "POSTROOM_LOG_LEVEL": "warning",
        }


def open_place(folder: Path, *, fresh: bool, servers: tuple[str, ...]) -> Place:
    """The demo of this folder; `fresh` throws away the one that is there.

    Raises CannotDemo when the folder is something else.
    """
    if folder.exists() and any(folder.iterdir()):
        place = _known(folder)
        if place.is_complete and not fresh:
            return place
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Place(folder, dict(zip(servers, _free_ports(), strict=False)), _new_password())
    place.write()
    return place


def enter(settings: Mapping[str, str]) -> None:
    """Gives this process and those it starts the settings, in place of all others of Postroom."""
    for name in [name for name in os.environ if name.startswith("POSTROOM_")]:
        del os.environ[name]
    os.environ.update(settings)


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _known(folder: Path) -> Place:
    try:
        return Place.read(folder)
    except CannotDemo:
        raise CannotDemo(
            f"The folder {folder} is not empty and no demo is in it; nothing of it was touched. "
            "Name another one: make demo INSTANCE=instance-demo"
        ) from None


def _free_ports() -> Iterator[int]:
    return (port for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED) if is_free(port))


def _new_password() -> str:
    return f"demo-{secrets.token_hex(3)}-{secrets.token_hex(3)}"

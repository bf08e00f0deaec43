"""Where a demo lives, as its note tells: its folder, its ports, the settings of its processes."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from panel.config import CHECKOUT

HOST = "127.0.0.1"
DEFAULT_FOLDER = CHECKOUT / "instance-demo"
NOTE = "demo.json"
NEW_NOTE = "demo.json.new"
"""A note that is still being written."""


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
        new = self.folder / NEW_NOTE
        new.touch(mode=0o600)
        new.write_text(json.dumps(noted, indent=1), "utf-8")
        new.replace(self.folder / NOTE)

    def settings(self, *, port: int) -> dict[str, str]:
        """The environment of its processes; connections go nowhere but to this machine itself."""
        return {
            "POSTROOM_INSTANCE": str(self.folder),
            "POSTROOM_OPERATOR_EGRESS": "loopback",
            "POSTROOM_PARTNER_EGRESS": "127.0.0.1/32:1-65535",
            "POSTROOM_BASE_URL": f"http://{HOST}:{port}",
            "POSTROOM_LOG_LEVEL": "warning",
        }


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

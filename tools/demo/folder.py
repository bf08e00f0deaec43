"""The demo's folder: who may use it, what of it is kept, and what is thrown away.

It is never that of another instance: what has no note of a demo in it is left alone. And it is
used by one demo at a time.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tools.demo.place import HOST, NEW_NOTE, NOTE, CannotDemo, Place, is_free

LOCK = "demo.lock"
"""Held by the demo that runs; in it stands the port of its panel."""
FIRST_PORT = 2590
"""Where the search for free ports of the servers begins."""
PORTS_TRIED = 300


@contextmanager
def own_folder(folder: Path, *, port: int) -> Iterator[None]:
    """The folder for this demo alone meanwhile, made where there is none.

    Raises CannotDemo when a demo runs in it, when it is something else, or cannot be written.
    """
    with _writable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(folder)
        lock = (folder / LOCK).open("a+", encoding="utf-8")
    with lock:
        _take(lock, folder)
        lock.truncate(0)
        lock.write(str(port))
        lock.flush()
        yield


def open_place(folder: Path, *, fresh: bool, servers: tuple[str, ...]) -> Place:
    """The demo of a folder that is this demo's own; `fresh` throws away the one that is there.

    So is thrown away what was interrupted while it was made. Raises CannotDemo.
    """
    with _writable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / NOTE).exists():
            place = Place.read(folder)
            if place.is_complete and not fresh:
                return place
        _empty(folder)
        place = Place(folder, dict(zip(servers, _free_ports(), strict=False)), _new_password())
        place.write()
    return place


def _refuse_foreign(folder: Path) -> None:
    if not {path.name for path in folder.iterdir()} - {LOCK, NEW_NOTE}:
        return
    try:
        Place.read(folder)
    except CannotDemo:
        raise CannotDemo(
            f"The folder {folder} is not empty and no demo is in it; nothing of it was touched. "
            "Name another one: make demo INSTANCE=instance-demo"
        ) from None


def _take(lock: TextIO, folder: Path) -> None:
    """The system lets go of it when its holder ends, by whatever death."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        port = lock.read() or "8000"
        raise CannotDemo(
            f"This demo runs already, at http://{HOST}:{port}. Look at it there, end it with "
            "Ctrl-C where it was started, or start a second one beside it: "
            f"make demo PORT={int(port) + 1} INSTANCE={folder}-2"
        ) from None


def _empty(folder: Path) -> None:
    """The note goes last: interrupted before, the folder still says what it is."""
    for path in folder.iterdir():
        if path.name in {LOCK, NOTE}:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (folder / NOTE).unlink(missing_ok=True)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotDemo(
            f"The demo cannot write to its folder {folder}: {error.strerror}. Make that possible, "
            "or name another one: make demo INSTANCE=/tmp/postroom-demo"
        ) from None


def _free_ports() -> Iterator[int]:
    return (port for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED) if is_free(port))


def _new_password() -> str:
    return f"demo-{secrets.token_hex(3)}-{secrets.token_hex(3)}"

"""A disk that fills up: a small file system of its own, or, where none may be mounted, a limit."""

from __future__ import annotations

import errno
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.kit.patience import until
from tests.kit.processes import ROOT, descendants

SIZE = "12m"
_BLOCK = b"\0" * 4096


class SmallDisk(Protocol):
    """Where a database can be, until there is no more room."""

    @property
    def prefix(self) -> Sequence[str]:
        """What a program is started with in order to see the folder."""

    @property
    def files(self) -> Path:
        """The folder as this process reaches it."""

    def fill(self) -> None:
        """From now on nothing can grow."""

    def free(self) -> None:
        """There is room again."""


class Mounted:
    """A file system in memory that only the programs under trial see: no rights are needed."""

    def __init__(self, holder: int, folder: Path) -> None:
        """`holder` is the process that keeps the namespace."""
        spaces = ("--user", "--mount", "--preserve-credentials")
        back = ("sh", "-c", 'cd "$0" && exec "$@"', str(ROOT))  # entering leads to the root
        self.prefix = ("nsenter", f"--target={holder}", *spaces, *back)
        self.files = Path(f"/proc/{holder}/root") / folder.relative_to("/")

    def fill(self) -> None:
        """Writes a file until there is no room for it."""
        with (self.files / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(_BLOCK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Removes that file."""
        (self.files / "filler").unlink()


class Limited:
    """No file of the programs may grow: to SQLite that is a failing disk rather than a full one."""

    prefix: Sequence[str] = ()

    def __init__(self, folder: Path, roots: Callable[[], Iterable[int]]) -> None:
        """`roots` gives the programs; their children are meant too."""
        self.files = folder
        self._roots = roots

    def fill(self) -> None:
        """No process may write beyond the first byte of a file."""
        self._limit(1)

    def free(self) -> None:
        """They may again."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for pid in [pid for root in self._roots() for pid in descendants(root)]:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def mounted(folder: Path, *, size: str = SIZE) -> Iterator[Mounted | None]:
    """The small file system on `folder`, gone with the context; None where none may be mounted."""
    script = f'mount -t tmpfs -o size={size} trial "$1" && echo mounted && exec cat'
    with subprocess.Popen(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        is_there = holder.stdout.readline() == b"mounted\n"
        until(lambda: not is_there or holder.poll() is None)
        yield Mounted(holder.pid, folder) if is_there else None
        holder.stdin.close()

"""Which process this is, and whether another one on the same machine is gone for certain."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from panel.storage.queue.leases import Seat

_PROC = Path("/proc")


def own_seat() -> Seat:
    """The seat of this process; without a boot id where the machine does not tell one."""
    pid = os.getpid()
    return Seat(host=platform.node(), boot=_boot(), pid=pid, born=_born(pid) or 0)


def is_gone(other: Seat, own: Seat) -> bool:
    """Whether the process of `other` has ended; False when that cannot be known from here.

    A process id means something only on the same host, since the same start of it, and among the
    processes of one container.
    """
    if not own.boot or (other.host, other.boot) != (own.host, own.boot):
        return False
    if not _exists(other.pid):
        return True
    born = _born(other.pid)
    return bool(born and other.born) and born != other.born


def _boot() -> str:
    """The start of the machine and the namespaces that process ids and ticks belong to."""
    try:
        boot_id = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return " ".join([boot_id, *(_space(kind) for kind in ("pid", "time"))])
    except OSError:
        return ""


def _space(kind: str) -> str:
    return str((_PROC / "self/ns" / kind).readlink())


def _exists(pid: int) -> bool:
    """Also true for a process that others may not look at, and for one not yet buried."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _born(pid: int) -> int | None:
    """Field 22 of /proc/<pid>/stat (proc(5)): ticks from the start of the machine to its own."""
    try:
        line = (_PROC / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return None
    return int(line.rpartition(")")[2].split()[19])

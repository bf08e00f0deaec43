"""What the figures depend on: the machine, what else it did, and the versions."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from statistics import median

from tools.bench import postfix, rival_programs
from tools.bench.line import NotMeasured
from tools.bench.processes import TICKS, finished

STOLEN = 8
"""The column of /proc/stat: time that the host gave to others."""


def stolen_s() -> float:
    """Processor seconds that the host of a virtual machine has taken away so far; 0 if unknown."""
    stat = Path("/proc/stat")
    first = stat.read_text("ascii").split("\n", 1)[0].split() if stat.exists() else []
    return int(first[STOLEN]) / TICKS if len(first) > STOLEN else 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What the machine says at one time."""

    at: float = field(default_factory=time.time)
    load: tuple[float, float, float] = field(default_factory=os.getloadavg)
    stolen_s: float = field(default_factory=stolen_s)


def sync_ms(folder: Path) -> float:
    """How long the disk takes to make 4 KB durable; the median of some."""
    path, took = folder / "sync", []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        for _ in range(50):
            os.write(descriptor, b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()
    return median(took) * 1000


def facts(before: Moment, after: Moment, *, sync_ms: float, postgres: str) -> list[str]:
    """One sentence or list a line."""
    stolen = (after.stolen_s - before.stolen_s) / max(after.at - before.at, 1) * 100
    minutes = (after.at - before.at) / 60
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(before.at))
    machine = f"{os.cpu_count()} cores ({_processor()}), {_memory_gb():.0f} GB"
    system = f"{platform.system()} {platform.release()}"
    loads = f"load average {_load(before)} before, {_load(after)} after"
    return [
        f"{began}, {minutes:.1f} minutes, revision {_revision()}",
        f"{machine}, {system}; 4 KB are durable after {sync_ms:.2f} ms",
        f"{loads}; {stolen:.1f} % of a core taken away by the host",
        _versions(postgres),
    ]


def _versions(postgres: str) -> str:
    names = {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": postgres,
        "uvloop": metadata.version("uvloop"),
        "granian": metadata.version("granian"),
        "Postfix": postfix.version(),
        "Django": rival_programs.version("django"),
        "django-post_office": rival_programs.version("django-post-office"),
        "aiosmtplib": rival_programs.version("aiosmtplib"),
    }
    return ", ".join(f"{name} {version}" for name, version in names.items() if version)


def _load(moment: Moment) -> str:
    return " ".join(f"{part:.2f}" for part in moment.load)


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    for line in listed.read_text("utf-8").splitlines() if listed.exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9


def _revision() -> str:
    try:
        return finished(["git", "describe", "--always", "--dirty"], timeout_s=10).strip()
    except NotMeasured:
        return "unknown"

"""django-post_office, a rival: a queue in the database, drained by its `send_queued_mail`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from tools.bench import rival_programs
from tools.bench.far_end import far_end
from tools.bench.processes import finished

FILL_S = 120.0
LOG_EVERYTHING = "2"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is tried: together ten connections, and as many mails in one go as help."""

    processes: int
    threads: int
    batch: int

    def __str__(self) -> str:
        """For the table."""
        return f"{self.processes} × {self.threads} threads, batches of {self.batch:,}"


BEST = (Setting(2, 5, 1000), Setting(2, 5, 5000), Setting(1, 10, 1000))


def drain_rate(url: str, folder: Path, setting: Setting, *, mails: int, timeout_s: float) -> float:
    """Mails a second out of its queue, from loading the first to logging the last.

    The time that the same command takes with an empty queue, to start Django, is taken off.
    """
    program = str(rival_programs.python())
    folder.mkdir(parents=True, exist_ok=True)
    command = [program, "-m", "django", "send_queued_mail", "--log-level", LOG_EVERYTHING]
    command += ["--processes", str(setting.processes), "--lockfile", str(folder / "lock")]
    with far_end() as sink:
        environment = _environment(url, setting, sink_port=sink.port)
        fill = [program, "-m", "tools.bench.django_fill"]
        finished([*fill, "0"], timeout_s=FILL_S, environment=environment)
        start_s = _seconds(command, environment, timeout_s=timeout_s)
        finished([*fill, str(mails)], timeout_s=FILL_S, environment=environment)
        took_s = _seconds(command, environment, timeout_s=timeout_s)
        sink.settle(mails)
        return mails / (took_s - start_s)


def _seconds(command: Sequence[str], environment: dict[str, str], *, timeout_s: float) -> float:
    began = time.monotonic()
    finished(command, timeout_s=timeout_s, environment=environment)
    return time.monotonic() - began


def _environment(url: str, setting: Setting, *, sink_port: int) -> dict[str, str]:
    parts = make_url(url)
    environment = {
        "DJANGO_SETTINGS_MODULE": "tools.bench.django_project",
        "RIVAL_DATABASE": parts.database or "",
        "RIVAL_SINK_PORT": str(sink_port),
        "RIVAL_BATCH": str(setting.batch),
        "RIVAL_THREADS": str(setting.threads),
    }
    if "host" in parts.query:
        environment["RIVAL_DATABASE_HOST"] = str(parts.query["host"])
    return environment

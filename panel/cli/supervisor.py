"""Keeps the processes of one machine running: starts them, restarts what died, stops them all."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

log = structlog.get_logger(__name__)
GRACE_S = 40.0
"""Seconds that a process gets to finish what it has begun."""
SHORTEST_LIFE_S = 5.0
"""A process that ends sooner after its start is restarted only after a pause."""
LONGEST_PAUSE_S = 30.0
WRONG_USE = 2


@dataclass(slots=True)
class _Child:
    name: str
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    start_at_s: float = 0.0
    early_ends: int = field(default=0)


class Supervisor:
    """Runs `postroom` commands as children; `run` returns the exit status for all of them."""

    def __init__(self, commands: dict[str, Sequence[str]]) -> None:
        self._children = [_Child(name, arguments) for name, arguments in commands.items()]
        self._stopping = threading.Event()
        self._status = 0

    def run(self) -> int:
        """Until SIGTERM or SIGINT, or until a child cannot run at all (its exit status 2)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            while not self._stopping.wait(0.2):
                for child in self._children:
                    self._look_after(child)
        finally:
            self._stop_all()
        return self._status

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _look_after(self, child: _Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at_s:
                self._start(child)
            return
        status = child.process.poll()
        if status is None:
            return
        if status == WRONG_USE:
            self._status = status
            self._stopping.set()
            return
        log.warning("process_ended", process=child.name, status=status)
        self._plan_restart(child)

    def _start(self, child: _Child) -> None:
        child.started_s = time.monotonic()
        # A pipe that stays open as long as this process lives: its end tells the child to stop.
        child.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "panel", *child.arguments, "--supervised"],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def _plan_restart(self, child: _Child) -> None:
        is_early = time.monotonic() - child.started_s < SHORTEST_LIFE_S
        child.early_ends = child.early_ends + 1 if is_early else 0
        pause_s = min(2.0**child.early_ends, LONGEST_PAUSE_S) if is_early else 0.0
        child.start_at_s = time.monotonic() + pause_s
        _close(child)

    def _stop_all(self) -> None:
        running = [child for child in self._children if child.process is not None]
        for child in running:
            if child.process is not None:
                child.process.terminate()
        ends_at = time.monotonic() + GRACE_S
        for child in running:
            if child.process is None:
                continue
            try:
                child.process.wait(max(ends_at - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                log.warning("process_killed", process=child.name)
                child.process.kill()
                child.process.wait()
            _close(child)


def _close(child: _Child) -> None:
    if child.process is not None and child.process.stdin is not None:
        child.process.stdin.close()
    child.process = None

"""One process under the supervisor: how it is started, felt, ended and buried."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from panel.cli.pulse import PulseReader

STANDSTILL_S = 20.0
"""A process that gave no sign for so long is ended by force.

Less than a worker's lease: what it keeps locked is free again before the others lose theirs.
"""
LONGEST_START_S = 120.0
"""The same until its first sign: the database may be busy."""
LONG_LIFE_S = 60.0
"""A process that ran for so long is started again at once, and its earlier ends are forgotten."""
LONGEST_PAUSE_S = 15.0
WRONG_USE = 2


def pause_s(short_lives: int) -> float:
    """Seconds until the next start after so many short lives in a row, doubled with each."""
    return min(2.0 ** min(short_lives - 1, 10), LONGEST_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Program:
    """A command that is kept running."""

    name: str
    arguments: Sequence[str]
    has_pulse: bool = False
    """It takes `--pulse` and shows by it that it does not stand still."""
    module: str = "panel"
    """What Python runs; another one than `panel` takes `--supervised` as its commands do."""


class Child:
    """A program and its process, when it has one."""

    def __init__(self, program: Program) -> None:
        self.name = program.name
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._pulse: PulseReader | None = None
        self._started_s = 0.0
        self._start_at_s = 0.0
        self._short_lives = 0
        self._has_worked = False

    @property
    def is_running(self) -> bool:
        """Whether it has a process that has not been buried."""
        return self._process is not None

    @property
    def is_due(self) -> bool:
        """Whether it is to be started now."""
        return self._process is None and time.monotonic() >= self._start_at_s

    def start(self) -> None:
        """Starts the process, in a group of its own; OSError when the machine has no room."""
        self._started_s = time.monotonic()
        if not self._program.has_pulse:
            self._process = self._begin()
            return
        self._pulse = PulseReader()
        try:
            writing = self._pulse.writing
            self._process = self._begin("--pulse", str(writing), descriptors=(writing,))
        finally:
            self._pulse.started()

    def _begin(self, *more: str, descriptors: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        # A pipe that stays open as long as this process lives: its end tells the child to stop.
        return subprocess.Popen(  # noqa: S603 - our own command
            [
                sys.executable,
                "-m",
                self._program.module,
                *self._program.arguments,
                "--supervised",
                *more,
            ],
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=descriptors,
        )

    def ended(self) -> int | None:
        """Its exit status once it has ended, negative for a signal; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def cannot_run(self, status: int) -> bool:
        """Whether it was started wrongly: it never worked, and says that it never will."""
        return status == WRONG_USE and not self._has_worked

    def stands_still(self) -> bool:
        """Whether it has given no sign for too long."""
        if self._pulse is None:
            self._has_worked = self._has_worked or self._lived_s() >= LONG_LIFE_S
            return False
        silent_s = self._pulse.silent_s()
        self._has_worked = self._has_worked or self._pulse.has_begun
        return silent_s >= (STANDSTILL_S if self._pulse.has_begun else LONGEST_START_S)

    def terminate(self) -> None:
        """Asks it to finish what it has begun and to end."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """Ends it with all that it has started, at once."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def bury(self) -> float:
        """Removes what is left of it; the seconds until it may be started again."""
        self.kill()
        pause_s = self._pause_s()
        self._start_at_s = time.monotonic() + pause_s
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._pulse is not None:
            self._pulse.close()
        self._process = self._pulse = None
        return pause_s

    def _pause_s(self) -> float:
        if self._lived_s() >= LONG_LIFE_S:
            self._short_lives = 0
            return 0.0
        self._short_lives += 1
        return pause_s(self._short_lives)

    def _lived_s(self) -> float:
        return time.monotonic() - self._started_s

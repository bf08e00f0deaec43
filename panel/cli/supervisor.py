"""Keeps the processes of one machine running: starts them, restarts what died, stops them all."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from types import FrameType

import structlog

from panel.cli.child import Child, Program

log = structlog.get_logger(__name__)
LOOK_S = 0.2
"""Seconds between two looks at the children."""
GRACE_S = 50.0
"""Seconds that a process gets to finish what it has begun; more than a worker takes for itself."""
BURIAL_S = 5.0
"""Seconds until a process that was ended by force is gone, unless a disk holds it back."""
INTERRUPTED = 130


class Supervisor:
    """Runs `postroom` commands as children; `run` returns the exit status for all of them."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._children = [Child(program) for program in programs]
        self._stopping = threading.Event()
        self._hurrying = threading.Event()
        self._status = 0

    def run(self) -> int:
        """Until SIGTERM or SIGINT, or until a child cannot run at all (its exit status 2).

        A second signal ends the children at once.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        return self.supervise()

    def supervise(self) -> int:
        """The same without signals: until `stop`."""
        try:
            while not self._stopping.wait(LOOK_S):
                for child in self._children:
                    self._look_after(child)
        finally:
            self._stop_all()
        return INTERRUPTED if self._hurrying.is_set() else self._status

    def stop(self) -> None:
        """Asks the children to finish what they have begun; called again it ends them at once."""
        if self._stopping.is_set():
            self._hurrying.set()
        self._stopping.set()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def _look_after(self, child: Child) -> None:
        if child.is_due:
            self._start(child)
        status = child.ended()
        if status is not None:
            self._bury(child, status)
        elif child.stands_still():
            log.warning("process_stands_still", process=child.name)
            child.kill()

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:
            pause_s = child.bury()
            log.error("process_not_started", error=str(error), retry_in_s=pause_s)

    def _bury(self, child: Child, status: int) -> None:
        if child.cannot_run(status):
            self._status = status
            self._stopping.set()
            return
        pause_s = child.bury()
        log.warning("process_ended", process=child.name, status=status, restart_in_s=pause_s)

    def _stop_all(self) -> None:
        """Asks, waits, then ends by force; never waits for ever."""
        for child in self._children:
            child.terminate()
        self._wait(GRACE_S, self._hurrying)
        for child in self._running():
            log.warning("process_killed", process=child.name)
            child.kill()
        self._wait(BURIAL_S, threading.Event())
        for child in self._running():
            log.error("process_left_behind", process=child.name)

    def _wait(self, longest_s: float, cut_short: threading.Event) -> None:
        ends_at_s = time.monotonic() + longest_s
        while self._running() and time.monotonic() < ends_at_s:
            if cut_short.wait(LOOK_S / 4):
                return
            for child in self._running():
                if child.ended() is None and child.stands_still():
                    child.kill()

    def _running(self) -> list[Child]:
        """Those that have not ended; who has ended is buried."""
        for child in self._children:
            if child.ended() is not None:
                child.bury()
        return [child for child in self._children if child.is_running]

"""How a worker process ends: asked once it finishes its work, asked again it ends at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)
LIMIT_S = 45.0
"""Seconds in which a process that was asked to end must have ended; then it is cut off."""
START_S = 5.0
"""Seconds that a process which is just starting gets to come so far that it can end in order."""
INTERRUPTED = 130
_ASKING = {signal.SIGTERM, signal.SIGINT}


class Ending:
    """Takes the signals on a thread of its own, so that they count even when all else waits."""

    def __init__(self) -> None:
        self._stop: Callable[[], object] = lambda: None
        self._is_ready = threading.Event()

    def listen(self) -> None:
        """To be called before any other thread begins: they must not take the signals."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _ASKING)
        threading.Thread(target=self._run, name="signals", daemon=True).start()

    def calls(self, stop: Callable[[], object]) -> None:
        """What a first signal does; one that came before does it now."""
        self._stop = stop
        self._is_ready.set()

    def _run(self) -> None:
        signal.sigwait(_ASKING)
        if not self._is_ready.wait(START_S):
            os._exit(INTERRUPTED)
        self._stop()
        log.info("worker_stopping", longest_s=LIMIT_S)
        if signal.sigtimedwait(_ASKING, LIMIT_S) is None:
            log.error("worker_cut_off", after_s=LIMIT_S)
        os._exit(INTERRUPTED)

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
INTERRUPTED = 130
_ASKING = {signal.SIGTERM, signal.SIGINT}


class Ending:
    """Takes the signals on a thread of its own, so that they count even when all else waits."""

    def __init__(self) -> None:
        self._stop: Callable[[], object] | None = None

    def listen(self) -> None:
        """To be called before any other thread begins: they must not take the signals."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _ASKING)
        threading.Thread(target=self._run, name="signals", daemon=True).start()

    def calls(self, stop: Callable[[], object]) -> None:
        """What a first signal does from now on; before, there is nothing to finish."""
        self._stop = stop

    def _run(self) -> None:
        signal.sigwait(_ASKING)
        if self._stop is None:
            os._exit(INTERRUPTED)
        log.info("worker_stopping", longest_s=LIMIT_S)
        self._stop()
        if signal.sigtimedwait(_ASKING, LIMIT_S) is None:
            log.error("worker_cut_off", after_s=LIMIT_S)
        os._exit(INTERRUPTED)

"""A child of the supervisor ends when the supervisor is gone, however that ended."""

from __future__ import annotations

import os
import signal
import threading


def end_with_supervisor() -> None:
    """Watches standard input, which the supervisor holds open; at its end this process stops."""
    threading.Thread(target=_watch, name="supervisor-watch", daemon=True).start()


def _watch() -> None:
    # Not through sys.stdin: a process forked meanwhile would inherit its lock, held for ever.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

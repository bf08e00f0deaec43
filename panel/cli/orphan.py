"""A child of the supervisor ends when the supervisor is gone, however that ended."""

from __future__ import annotations

import os
import signal
import sys
import threading


def end_with_supervisor() -> None:
    """Watches standard input, which the supervisor holds open; at its end this process stops."""
    threading.Thread(target=_watch, name="supervisor-watch", daemon=True).start()


def _watch() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

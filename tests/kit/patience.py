"""Waiting for something that another thread or process brings about."""

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], object], *, timeout_s: float = 20.0) -> None:
    """Looks every few milliseconds until `condition` holds; fails after `timeout_s`."""
    ends_at = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends_at, f"It did not happen within {timeout_s:.0f} s."
        pause.wait(0.01)

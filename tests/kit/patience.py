"""Waiting for something that another thread or process brings about."""

import threading
import time
from collections.abc import Callable

SHORT_S, LONG_S = 0.01, 0.05
"""Seconds between two looks: at first, and once it has taken a second."""


def until(condition: Callable[[], object], *, timeout_s: float = 20.0) -> None:
    """Looks every few milliseconds until `condition` holds; fails after `timeout_s`."""
    began_at = time.monotonic()
    pause = threading.Event()
    while not condition():
        waited_s = time.monotonic() - began_at
        assert waited_s < timeout_s, f"It did not happen within {timeout_s:.0f} s."
        pause.wait(SHORT_S if waited_s < 1 else LONG_S)

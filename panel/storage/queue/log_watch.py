"""Learns from the operating system that something was written to an SQLite database."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

if sys.platform == "linux":
    from inotify_simple import INotify, flags

_UNTOLD_S = 0.015
"""Seconds that one waits at most where the system does not tell."""


class LogWatch:
    """Waits for a write to the database's write-ahead log, by anybody."""

    def __init__(self, database: str) -> None:
        """`database`: the path of its file."""
        path = Path(os.path.realpath(database))
        self._log = f"{path.name}-wal"
        self._told: INotify | None = None
        if sys.platform == "linux":
            with suppress(OSError):  # the system has no more watches to give
                told = INotify()
                told.add_watch(path.parent, flags.MODIFY | flags.CREATE)
                self._told = told

    def wait(self, longest_s: float) -> bool:
        """Whether something may have been written since it was asked last.

        Where the system does not tell, it waits for a moment and says so.
        """
        if self._told is None:
            time.sleep(min(longest_s, _UNTOLD_S))
            return True
        # Without a name: so much was written that some of it was not told.
        events = self._told.read(timeout=int(longest_s * 1000))
        return any(event.name in {self._log, ""} for event in events)

    def close(self) -> None:
        """Ends the watch."""
        if self._told is not None:
            self._told.close()

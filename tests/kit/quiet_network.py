"""Chromium gives up its requests whenever an address of this machine comes or goes.

So pages are open, and addresses are changed, at different times, whichever process does it.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def network_stays() -> Iterator[None]:
    """Nobody changes the network meanwhile; any number may rely on that at one time."""
    with _held(fcntl.LOCK_SH):
        yield


@contextmanager
def network_changes() -> Iterator[None]:
    """Waits for all who rely on the network as it is, and keeps others from doing so."""
    with _held(fcntl.LOCK_EX):
        yield


@contextmanager
def _held(kind: int) -> Iterator[None]:
    path = Path(tempfile.gettempdir()) / f"postroom-network-{os.getuid()}.lock"
    with path.open("w") as file:
        fcntl.flock(file, kind)
        yield

"""Ends what a bench has started when the bench is gone, by whatever death.

The system's own notice of a parent's death is lost by programs that change their account, as
Postfix does. The warden reads a pipe whose other end only the bench holds: `+PID` when a program
was started, `-PID` when it was ended. When the pipe closes it ends the groups of those left.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

from panel.config import CHECKOUT

GRACE_S = 10.0
"""Between the request to end and the end by force."""
LOOK_S = 0.02


def begun(pid: int) -> None:
    """A program, at the head of a group of its own, has begun."""
    _tell(f"+{pid}")


def ended(pid: int) -> None:
    """It has ended, and is no business of the warden's any more."""
    _tell(f"-{pid}")


def main() -> None:
    """Reads until the bench is gone, then ends what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    left: set[int] = set()
    for line in sys.stdin:
        (left.add if line.startswith("+") else left.discard)(int(line[1:]))
    _signal(left, signal.SIGTERM)
    until_s = time.monotonic() + GRACE_S
    while any(map(_is_there, left)) and time.monotonic() < until_s:
        time.sleep(LOOK_S)
    _signal(left, signal.SIGKILL)


@cache
def _warden(_owner: int) -> subprocess.Popen[bytes]:
    """That of a process; each that starts programs has its own."""
    warden = subprocess.Popen(
        [sys.executable, "-m", "tools.warden"],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(warden.communicate)
    return warden


def _tell(line: str) -> None:
    pipe = _warden(os.getpid()).stdin
    if pipe is None:
        raise AssertionError("The warden was started without a pipe.")
    pipe.write(f"{line}\n".encode())
    pipe.flush()


def _signal(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()

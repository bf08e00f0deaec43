"""Read by Python at its start when this folder is on PYTHONPATH: a program whose clock is wrong.

`SKEW_S` seconds ahead from the beginning; SIGUSR2 sets it ahead by `SKEW_JUMP_S` once more. Only
the time of day is wrong, as on a machine whose clock was set: what measures durations is not.
"""

import os
import signal
from datetime import UTC, datetime, timedelta

import time_machine

_START = datetime.now(UTC) + timedelta(seconds=float(os.environ.get("SKEW_S", "0")))
_TRAVELLER = time_machine.travel(_START, tick=True).start()


def _jump(_number: int, _frame: object) -> None:
    _TRAVELLER.shift(timedelta(seconds=float(os.environ.get("SKEW_JUMP_S", "0"))))


signal.signal(signal.SIGUSR2, _jump)

"""Loaded by each Python that has this folder in PYTHONPATH: its clock is set by a file.

The file named by TRIAL_CLOCK holds the seconds by which the clock is wrong. Clocks that nobody can
set, the monotonic ones, stay right, as on a real machine.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import time_machine

_LOOK_S = 0.02


def _watch(path: Path) -> None:
    """Sets the clock whenever the file says something else."""
    seen = path.with_name(f"{path.name}.seen-{os.getpid()}")
    wrong_by, travel = "", None
    pause = threading.Event()
    while True:
        said = path.read_text("ascii") if path.exists() else "0"
        if said != wrong_by:
            if travel is not None:
                travel.stop()
            wrong_by, travel = said, time_machine.travel(time.time() + float(said), tick=True)
            travel.start()
            _write(seen, said)
        pause.wait(_LOOK_S)


def _write(seen: Path, said: str) -> None:
    draft = seen.with_name(f"draft-{seen.name}")
    draft.write_text(said, "ascii")
    draft.replace(seen)


if "TRIAL_CLOCK" in os.environ:
    watch = threading.Thread(target=_watch, args=(Path(os.environ["TRIAL_CLOCK"]),), daemon=True)
    watch.start()

"""The command: `python -m tools.soak --minutes 30 --database sqlite --seed 7`."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from contextlib import ExitStack

from tools.soak.run import Soak
from tools.soak.stage import open_stage

DATABASES = ("sqlite", "postgresql")
WRONG = 1


def main() -> int:
    """0 when the reckoning is right, 1 when a mail was lost, copied unflagged or unexplained."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for database in DATABASES if options.database == "both" else (options.database,):
        print(f"soak: {database}, {options.minutes:g} minutes, seed {options.seed}", flush=True)
        with ExitStack() as stack:
            stage = open_stage(database, stack)
            soak = Soak(stage, seed=options.seed, pace_s=options.pace)
            if not soak.run(options.minutes * 60):
                return WRONG
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=float(os.environ.get("MINUTES") or 30))
    add("--database", choices=(*DATABASES, "both"), default=os.environ.get("DATABASE") or "both")
    add("--seed", type=int, default=random.randrange(10_000), help="decides which faults come when")
    add("--pace", type=float, default=0.1, help="seconds between the requests of one caller")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tools.history URL`: fills an empty database with months of mail."""

from __future__ import annotations

import argparse
import time

from panel.storage.database import make_engine
from panel.storage.schema import migrate
from tools.bench.databases import settle
from tools.history.fill import fill


def main() -> None:
    """Makes the tables where there are none, then the mail."""
    parser = argparse.ArgumentParser(prog="python -m tools.history", description=__doc__)
    parser.add_argument("url", help="as POSTROOM_DATABASE_URL has it")
    parser.add_argument("--waiting", type=int, default=1_000_000, help="mails that have not ended")
    parser.add_argument("--attempts", type=int, default=10_000_000, help="rows of the mailing log")
    options = parser.parse_args()
    engine = make_engine(options.url)
    migrate(engine)
    engine.dispose()
    made = fill(options.url, waiting=options.waiting, attempts=options.attempts, tell=_tell)
    _tell("statistics")
    settle(options.url)
    _tell(f"{made.deliveries:,} deliveries")


def _tell(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    main()

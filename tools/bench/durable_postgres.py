"""PostgreSQL as the bench needs it: the tests' server, but durable, as those of organisations are.

`python -m tools.bench.durable_postgres FOLDER` serves until nobody holds FOLDER/users open.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.kit import postgres_keeper

DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}


def main() -> None:
    """Starts the server, lets the caller go on, and stops it when the last user has gone."""
    postgres_keeper.SETTINGS.update(DURABLE)
    postgres_keeper.main(Path(sys.argv[1]))


if __name__ == "__main__":
    main()

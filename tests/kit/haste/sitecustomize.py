"""Read by Python at its start when this folder is on PYTHONPATH: a worker in a hurry.

Its lease, and what is measured against it, take a fifth of their time. All workers of a database
have to be alike in this.
"""

import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from panel.storage import database
from panel.storage.queue import leases

FIFTH = 5
leases.LEASE = timedelta(seconds=leases.LEASE.total_seconds() / FIFTH)
leases.RENEWAL_S /= FIFTH
database.SILENCE_S //= FIFTH
database.CONNECT_S //= FIFTH

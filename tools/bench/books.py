"""What the database says after a row: every mail sent, with a whole ledger and log."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import text

from panel.storage.database import Engine, make_engine
from tools.bench.line import NotMeasured

SENT = "SELECT count(*) FROM deliveries WHERE state = 'sent' AND ended_at IS NOT NULL"
LOGGED = """
SELECT count(*) FROM attempts
WHERE status = 'SUCCESS' AND phase = 'done' AND number = 1
  AND handed_over_at IS NOT NULL AND finished_at IS NOT NULL"""
PAUSE_S = 0.02


def until_written(url: str, mails: int, *, timeout_s: float = 60.0) -> float:
    """When the last of so many mails was sent and logged in the database, by the monotonic clock.

    NotMeasured when that does not happen within `timeout_s` or when there are more.
    """
    engine = make_engine(url)
    try:
        began = time.monotonic()
        while (found := _counts(engine, (SENT, LOGGED))) != [mails, mails]:
            if time.monotonic() - began > timeout_s:
                raise NotMeasured(
                    f"Of {mails:,} mails {found[0]:,} are sent and {found[1]:,} logged."
                )
            time.sleep(PAUSE_S)
        return time.monotonic()
    finally:
        engine.dispose()


def queued(url: str) -> int:
    """How many deliveries wait."""
    engine = make_engine(url)
    try:
        return _counts(engine, ("SELECT count(*) FROM deliveries WHERE state = 'queued'",))[0]
    finally:
        engine.dispose()


def _counts(engine: Engine, questions: Sequence[str]) -> list[int]:
    with engine.connect() as connection:
        return [connection.execute(text(question)).scalar_one() for question in questions]

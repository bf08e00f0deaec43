"""Where in a table a moment lies.

Rows get their ids in the order in which they come, so a moment is found by halving the range of
ids: some twenty look-ups by key in ten million rows, and no index on the time.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from panel.storage.models import Attempt


def first_attempt_since(session: Session, moment: datetime) -> int:
    """The id from which on attempts began at `moment` or later; beyond the last when none did."""
    low = session.scalar(select(func.min(Attempt.id))) or 0
    high = (session.scalar(select(func.max(Attempt.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = session.execute(
            select(Attempt.id, Attempt.started_at)
            .where(Attempt.id >= middle)
            .order_by(Attempt.id)
            .limit(1)
        ).first()
        if found is None or found.started_at >= moment:
            high = middle
        else:
            low = found.id + 1
    return low

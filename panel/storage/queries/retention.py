"""How long mail is kept, as the organisation has decided."""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from panel.domain.delivery import Stream
from panel.domain.retention import KEEP_ALL, Retention, Retentions
from panel.storage.models import OwnRetention


def retentions(session: Session) -> Retentions:
    """What holds for every stream at this moment."""
    own = {row.stream: row for row in session.scalars(select(OwnRetention))}
    return {
        stream: Retention(own[stream].bodies_days, own[stream].mails_days)
        if stream in own
        else KEEP_ALL
        for stream in Stream
    }


def longest_days(session: Session) -> int:
    """The longest time after which anything is removed; 0: nothing is."""
    longest = session.execute(
        select(func.max(OwnRetention.bodies_days), func.max(OwnRetention.mails_days))
    ).one()
    return max(days or 0 for days in longest)


def hold_retentions(session: Session) -> None:
    """Lets two people who change them take turns; on SQLite the session must write."""
    if session.get_bind().dialect.name == "postgresql":
        # Readers, the workers among them, are not kept waiting by this.
        session.execute(text("LOCK TABLE stream_retentions IN SHARE ROW EXCLUSIVE MODE"))


def store_retention(session: Session, stream: Stream, retention: Retention) -> None:
    """Keeps it; no row where all is kept for ever."""
    own = session.get(OwnRetention, stream)
    if retention.keeps_all:
        if own is not None:
            session.delete(own)
        return
    if own is None:
        own = OwnRetention(stream=stream)
        session.add(own)
    own.bodies_days, own.mails_days = retention.bodies_days, retention.mails_days

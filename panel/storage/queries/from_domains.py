"""Which domains the mail of late came from, at a cost that does not grow with the mailing log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from panel.domain.delivery import Stream
from panel.domain.identifier import ulid
from panel.storage.models import Application, Message

MOST_MESSAGES = 5_000
"""The newest ones are looked at; what came before them does not count as in use."""
_EARLIEST = bytes(10)


def in_use(
    session: Session, streams: Collection[Stream], *, partner_id: int | None, since: datetime
) -> frozenset[str]:
    """From domains of the owner's mail in these streams, and those that applications may use."""
    addresses = session.scalars(_lately(streams, partner_id=partner_id, since=since))
    sent = {address.rpartition("@")[2].lower() for address in addresses}
    return frozenset(sent | _allowed(session, streams, partner_id))


def _lately(streams: Collection[Stream], *, partner_id: int | None, since: datetime) -> Select[str]:
    """Names are ULIDs, so that the newest messages are one end of the primary key."""
    newest = (
        select(Message.stream, Message.partner_id, Message.source, Message.from_email)
        .where(Message.id >= ulid(since, _EARLIEST))
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES)
        .subquery()
    )
    return (
        select(newest.c.from_email)
        .where(
            newest.c.stream.in_(streams),
            newest.c.partner_id.is_not_distinct_from(partner_id),
            newest.c.from_email != "",
            newest.c.source != "test",
        )
        .distinct()
    )


def _allowed(session: Session, streams: Collection[Stream], partner_id: int | None) -> set[str]:
    rows = session.execute(
        select(Application.streams, Application.from_domains).where(
            Application.partner_id.is_not_distinct_from(partner_id),
            Application.revoked_at.is_(None),
        )
    )
    words = {stream.value for stream in streams}
    return {
        domain.lower().lstrip(".")
        for used, domains in rows
        if words.intersection(used)
        for domain in domains
    }

"""What partners with a quota have handed in, clock hour by clock hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from panel.storage.models import PartnerHour

KEPT = timedelta(hours=48)


def add(connection: Connection, partner_id: int, *, hour_at: datetime, recipients: int) -> None:
    """Adds to an hour; whoever else adds for the partner waits for this transaction's end."""
    is_postgresql = connection.dialect.name == "postgresql"
    insert: Any = postgresql.insert if is_postgresql else sqlite.insert
    first = insert(PartnerHour).values(
        partner_id=partner_id, hour_at=hour_at, recipients=recipients
    )
    counted = first.on_conflict_do_update(
        index_elements=[PartnerHour.partner_id, PartnerHour.hour_at],
        set_={"recipients": PartnerHour.recipients + first.excluded.recipients},
    ).returning(PartnerHour.recipients)
    if connection.scalars(counted).one() == recipients:
        _forget(connection, partner_id, before=hour_at - KEPT)


def used(connection: Connection, partner_id: int, *, since: datetime) -> Mapping[datetime, int]:
    """Recipients by the hour in which they were handed in."""
    rows = select(PartnerHour.hour_at, PartnerHour.recipients).where(
        PartnerHour.partner_id == partner_id, PartnerHour.hour_at >= since
    )
    return dict(connection.execute(rows).all())


def _forget(connection: Connection, partner_id: int, *, before: datetime) -> None:
    connection.execute(
        delete(PartnerHour).where(
            PartnerHour.partner_id == partner_id, PartnerHour.hour_at < before
        )
    )

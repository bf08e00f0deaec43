"""A tenant of the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime


class Partner(Base):
    """One partner; what belongs to no partner belongs to the house."""

    __tablename__ = "partners"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    may_use_house: Mapped[bool] = mapped_column(default=True)
    """Whether the house's providers take its mail when its own cannot."""
    hourly_quota: Mapped[int | None]
    """The most recipients that its applications may hand in within a clock hour."""
    daily_quota: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """A deleted partner keeps its row for its mailing log, under a slug that nobody can have."""


class PartnerHour(Base):
    """What a partner with a quota handed in within one clock hour."""

    __tablename__ = "partner_hours"

    partner_id: Mapped[int] = mapped_column(
        ForeignKey("partners.id"), primary_key=True, autoincrement=False
    )
    hour_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    recipients: Mapped[int]

"""Failover drills and how they ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.delivery import Stream
from panel.domain.drill import DrillResult
from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime, word

IS_GOING = text("drills.ended_at IS NULL")
"""Written out, so that both databases take the partial index for it."""


class Drill(Base):
    """One drill. It stays when its mail or a provider is deleted, so it refers to none of them."""

    __tablename__ = "drills"
    __table_args__ = (
        Index(
            "ix_drills_going",
            "id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_drills_stand_in", "stand_in_provider_id", "id"),
        Index("ix_drills_taken_by", "taken_by_provider_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(26))
    delivery_id: Mapped[int] = mapped_column(RowId)
    stream: Mapped[Stream] = mapped_column(word(Stream))
    partner_id: Mapped[int | None] = mapped_column(RowId)
    from_email: Mapped[str] = mapped_column(String(320), default="")
    """Empty: the From of whoever sends it."""
    recipient: Mapped[str] = mapped_column(String(320))
    down_provider_id: Mapped[int] = mapped_column(RowId)
    """Who counts as down for this mail."""
    down_name: Mapped[str] = mapped_column(String(100))
    stand_in_provider_id: Mapped[int] = mapped_column(RowId)
    """Who was next in the chain when the drill began."""
    stand_in_name: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    started_by: Mapped[str] = mapped_column(String(254))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When a provider took the mail, or it was seen that nobody did; None while it goes on."""
    result: Mapped[DrillResult | None] = mapped_column(word(DrillResult))
    taken_by_provider_id: Mapped[int | None] = mapped_column(RowId)
    taken_by_name: Mapped[str] = mapped_column(String(100), default="")
    rule: Mapped[str] = mapped_column(String(64), default="")
    """The row of the outcome table that ended the round."""
    said: Mapped[str] = mapped_column(String(2100), default="")
    """The other side's words, or ours."""

"""What was decided about deliveries, by people and by the rules of their streams."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.delivery import DeliveryState
from panel.domain.ruling import LONGEST_NOTE, Choice
from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime, word


class Ruling(Base):
    """One decision about one delivery; it goes when the delivery is deleted."""

    __tablename__ = "rulings"
    __table_args__ = (Index("ix_rulings_delivery", "delivery_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(254), default="")
    """Named as in the audit; empty: the rule of the stream."""
    actor_partner_id: Mapped[int | None] = mapped_column(RowId)
    """The partner that the actor belongs to; None: the house."""
    choice: Mapped[Choice] = mapped_column(word(Choice))
    state_before: Mapped[DeliveryState] = mapped_column(word(DeliveryState))
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    """Why, in the actor's words."""

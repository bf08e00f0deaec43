"""Mails that a person had sent once more, as new ones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime


class Resend(Base):
    """A new mail with the content of an earlier one, for one of its recipients.

    It goes when either of the two is deleted.
    """

    __tablename__ = "resends"
    __table_args__ = (Index("ix_resends_delivery", "delivery_id", "number", unique=True),)

    message_id: Mapped[str] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    """The new mail."""
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    """What it repeats."""
    number: Mapped[int]
    """1 for the first one of that delivery: who wants the same one twice gets it once."""
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(254))
    """Named as in the audit."""
    actor_partner_id: Mapped[int | None] = mapped_column(RowId)
    """The partner that the actor belongs to; None: the house."""

"""What was said during attempts, apart from their rows: those stay small."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId


class Transcript(Base):
    """What was said during one attempt that did not succeed, or that did after others had not.

    Whoever deletes the attempt deletes it as well.
    """

    __tablename__ = "transcripts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["delivery_id", "number"],
            ["attempts.delivery_id", "attempts.number"],
            name="fk_transcripts_attempt",
            ondelete="CASCADE",
        ),
    )

    delivery_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Together with the delivery it names the attempt."""
    said: Mapped[str] = mapped_column(Text)
    """As `panel.domain.transcript` has it."""

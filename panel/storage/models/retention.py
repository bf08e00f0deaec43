"""How long the mail of each stream is kept."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.delivery import Stream
from panel.storage.database import Base
from panel.storage.types import word


class OwnRetention(Base):
    """For one stream. Without a row all of its mail is kept for ever."""

    __tablename__ = "stream_retentions"

    stream: Mapped[Stream] = mapped_column(word(Stream), primary_key=True)
    bodies_days: Mapped[int | None]
    """None: for ever."""
    mails_days: Mapped[int | None]
    """The same."""

"""The organisation's own sending rules, where they differ from the defaults."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.delivery import Stream, UnconfirmedPolicy
from panel.storage.database import Base
from panel.storage.types import word


class OwnPolicy(Base):
    """What differs for one stream; None: as the program's default says, now and later."""

    __tablename__ = "stream_policies"

    stream: Mapped[Stream] = mapped_column(word(Stream), primary_key=True)
    unconfirmed: Mapped[UnconfirmedPolicy | None] = mapped_column(word(UnconfirmedPolicy))
    unconfirmed_delay_s: Mapped[int | None]
    expires_after_s: Mapped[int | None]
    schedule_s: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    """The delays between rounds in order."""

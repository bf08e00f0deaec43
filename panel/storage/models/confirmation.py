"""Test mails that wait for their code; the last one of a provider is the one that counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime


class Confirmation(Base):
    """One test mail that a provider took. Removed with the provider's next one."""

    __tablename__ = "confirmations"
    __table_args__ = (Index("ix_confirmations_provider", "provider_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    identity: Mapped[str] = mapped_column(String(64))
    """The connection, with its secret, that it was sent through."""
    recipient: Mapped[str] = mapped_column(String(320))
    salt: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[str] = mapped_column(String(64))
    """Of the code with salt, provider, identity and recipient; the code itself is nowhere."""
    sent_at: Mapped[datetime] = mapped_column(UtcTime)
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong codes so far."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)

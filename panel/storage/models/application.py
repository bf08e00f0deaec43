"""Programs that submit mail, and the keys by which they may repeat a submission safely."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime


class Application(Base):
    """A credential to submit mail; token and SMTP password are kept as hashes only."""

    __tablename__ = "applications"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"), index=True)
    streams: Mapped[list[str]] = mapped_column(JSON)
    from_domains: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Empty: any From address."""
    rights: Mapped[list[str]] = mapped_column(JSON, default=list)
    token_prefix: Mapped[str] = mapped_column(String(16), unique=True)
    """The readable beginning of the token, by which its row is found."""
    token_hash: Mapped[str] = mapped_column(String(64))
    smtp_username: Mapped[str] = mapped_column(String(64), unique=True)
    smtp_password_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class IdempotencyKey(Base):
    """The answer that a submission got, given again when the same one is repeated."""

    __tablename__ = "idempotency_keys"

    application_id: Mapped[int] = mapped_column(
        ForeignKey("applications.id"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)

"""Accepted messages; their bodies are kept apart, once per content."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.delivery import Stream
from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime, word


class Content(Base):
    """A body as it goes over the wire, named by its SHA-256."""

    __tablename__ = "contents"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Message(Base):
    """One accepted mail; its recipients are its deliveries."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "ix_messages_content",
            "content_digest",
            sqlite_where=text("content_digest IS NOT NULL"),
            postgresql_where=text("content_digest IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """A ULID."""
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    application_id: Mapped[int | None] = mapped_column(RowId)
    source: Mapped[str] = mapped_column(String(16))
    """How it came in: `api`, `cli`, `test`."""
    stream: Mapped[Stream] = mapped_column(word(Stream))
    rfc_message_id: Mapped[str] = mapped_column(String(255))
    """Its Message-ID with angle brackets; the same on each try at each provider."""
    subject: Mapped[str] = mapped_column(String(1000), default="")
    from_email: Mapped[str] = mapped_column(String(320), default="")
    """Empty: the provider's own From is used."""
    header: Mapped[bytes] = mapped_column(LargeBinary)
    """The header section with CRLF line ends; without From when none was given."""
    content_digest: Mapped[bytes | None] = mapped_column(ForeignKey("contents.digest"))
    """None once the body has been removed."""
    body_removed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the time was over for which the body was kept."""
    size: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The metadata that the application gave."""
    down_provider_id: Mapped[int | None] = mapped_column(RowId)
    """The provider that a failover drill treats as down; None for all other mail."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)

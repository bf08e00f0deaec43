"""Who changed what; rows can be added and read, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime


class AuditEvent(Base):
    """One change; secrets appear as `changed`."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_actor", "actor", "id"),
        Index("ix_audit_events_action", "action", "id"),
        Index("ix_audit_events_subject", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    actor: Mapped[str] = mapped_column(String(254))
    """E-mail address of a user, `application:NAME`, or `command line`."""
    address: Mapped[str] = mapped_column(String(45), default="")
    action: Mapped[str] = mapped_column(String(64))
    """For example `provider.changed`."""
    subject: Mapped[str] = mapped_column(String(100))
    """What was changed, for example `provider:7`."""
    partner_id: Mapped[int | None] = mapped_column(RowId, index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

"""A tenant of the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime


class Partner(Base):
    """One partner; what belongs to no partner belongs to the house."""

    __tablename__ = "partners"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    may_use_house: Mapped[bool] = mapped_column(default=True)
    """Whether the house's providers take its mail when its own cannot."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """A deleted partner keeps its row for its mailing log, under a slug that nobody can have."""

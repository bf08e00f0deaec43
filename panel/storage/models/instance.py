"""What the installation knows of itself: its keys, its workers, its counters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import UtcTime


class Instance(Base):
    """One row: this installation."""

    __tablename__ = "instance"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100), default="Postroom")
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class EncryptionKey(Base):
    """A key that secrets were or are encrypted with, known by its id and a sample to check it."""

    __tablename__ = "encryption_keys"

    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    sample: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Worker(Base):
    """A running worker; what it has claimed is taken back when its lease has run out."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    lease_until: Mapped[datetime] = mapped_column(UtcTime, index=True)


class Throttle(Base):
    """Tries counted within a window, for example sign-ins of one account."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(320), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    count: Mapped[int] = mapped_column(default=0)

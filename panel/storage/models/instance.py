"""What the installation knows of itself: its keys, its workers, its counters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime


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
    """A running worker; what it has claimed is taken back once it counts as dead."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    boot: Mapped[str] = mapped_column(String(128), default="")
    """Within which its process id means something: one run of one machine, or of a container."""
    pid: Mapped[int]
    born: Mapped[int] = mapped_column(BigInteger, default=0)
    """When the process began, in ticks since the machine was started; 0: not known."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    """Its last sign of life by the database's clock. Shown to people; decides nothing."""
    beat: Mapped[int] = mapped_column(BigInteger, default=0)
    """Counts its signs of life. Who sees it stand still for a lease takes the worker for dead."""
    is_dead: Mapped[bool] = mapped_column(default=False)
    """Set by another worker, never taken back; the row goes once its mail is taken back."""


class Throttle(Base):
    """Tries counted within a window, for example sign-ins of one account."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(320), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    count: Mapped[int] = mapped_column(default=0)


class RunningClock(Base):
    """One row: how much time workers have seen pass, beside what the clock says."""

    __tablename__ = "running_clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    """What the clock said when this was last noted."""
    lived_us: Mapped[int] = mapped_column(BigInteger)
    """Microseconds that some worker's running clock saw pass, since the installation began."""
    gap_us: Mapped[int] = mapped_column(BigInteger)
    """Microseconds that passed by the clock and that nobody saw; 0: no gap."""
    gap_until_id: Mapped[int] = mapped_column(BigInteger)
    """The last delivery that was there before the gap."""
    gap_lived_us: Mapped[int] = mapped_column(BigInteger)
    """`lived_us` when the gap was seen."""
    extra_us: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Microseconds by which what is removed by its age is kept longer than that."""
    extra_lived_us: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """`lived_us` when that last grew."""
    newest_id: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The last delivery that was there at `seen_at`: what follows came in later."""


class ClockJump(Base):
    """A jump of the clock, until all mail that waited then has followed; the first goes first."""

    __tablename__ = "clock_jumps"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    jump_us: Mapped[int] = mapped_column(BigInteger)
    """Microseconds that are added to the times of mail; below 0 where the clock was set back."""
    border_at: Mapped[datetime] = mapped_column(UtcTime)
    """Between times given by the clock as it was before, and as it is now."""
    done_id: Mapped[int] = mapped_column(BigInteger)
    """The last delivery up to which all have followed."""
    last_id: Mapped[int] = mapped_column(BigInteger)
    """The last delivery that was there at the jump."""

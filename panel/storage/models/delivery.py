"""Deliveries, the units of the queue, and attempts, the rows of the mailing log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, TextClause, func, text
from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.delivery import (
    DUE_STATES,
    WAITING_STATES,
    AttemptStatus,
    DeliveryState,
    Phase,
    Stream,
)
from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime, word

# One comparison for each state. For `IN` with more than two SQLite builds a table, twice for each
# index of each statement that changes a state: an update took it four times as long.


def _among(states: frozenset[DeliveryState]) -> str:
    equal = [f"deliveries.state = '{state.value}'" for state in sorted(states)]
    return f"({' OR '.join(equal)})"


def _beyond(states: frozenset[DeliveryState]) -> str:
    """So worded that SQLite does not think of the index where one of the other states is asked for:
    most of those have a better one of their own.
    """
    unequal = [f"deliveries.state <> '{state.value}'" for state in sorted(states)]
    return f"({' AND '.join(unequal)})"


IS_DUE = text(_among(DUE_STATES))
"""Written out, not bound: SQLite takes a partial index only for a condition it can compare."""
IS_CLAIMABLE = text(f"{IS_DUE.text} AND deliveries.next_attempt_at IS NOT NULL")
"""What has a time; mail that is held until something else happens is not in the way."""
IS_HELD = text("deliveries.state = 'held'")
IS_WAITING = text(_beyond(frozenset(DeliveryState) - WAITING_STATES))
IS_SENDING = text("deliveries.state = 'sending'")
IS_UNCONFIRMED = text("deliveries.state = 'unconfirmed'")
IS_FAILED = text(_among(frozenset({DeliveryState.FAILED, DeliveryState.EXPIRED})))
"""What ended without any provider having taken it."""
IS_BOUND_COPY = text(
    f"{IS_DUE.text} AND deliveries.copies > 0 AND deliveries.sticky_provider_id IS NOT NULL"
)
"""A second copy that only the provider may carry that may have the first."""
HAS_ENDED = text("deliveries.ended_at IS NOT NULL")


def _partial(name: str, *columns: str, where: TextClause) -> Index:
    condition = text(where.text.replace("deliveries.", ""))
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


class Delivery(Base):
    """One recipient of one message, in exactly one state."""

    __tablename__ = "deliveries"
    __table_args__ = (
        _partial(
            "ix_deliveries_due", "flow", "next_attempt_at", "id", "expires_at", where=IS_CLAIMABLE
        ),
        _partial("ix_deliveries_held", "rule", "id", where=IS_HELD),
        _partial("ix_deliveries_expiring", "expires_at", where=IS_DUE),
        _partial("ix_deliveries_waiting", "id", where=IS_WAITING),
        _partial("ix_deliveries_partner_waiting", "partner_id", "id", where=IS_WAITING),
        _partial("ix_deliveries_sending", "worker_id", "claim_token", where=IS_SENDING),
        _partial("ix_deliveries_unconfirmed", "next_attempt_at", where=IS_UNCONFIRMED),
        _partial("ix_deliveries_failed", "ended_at", where=IS_FAILED),
        _partial("ix_deliveries_bound", "sticky_provider_id", where=IS_BOUND_COPY),
        _partial("ix_deliveries_ended", "stream", "ended_at", where=HAS_ENDED),
        _partial("ix_deliveries_state", "state", "id", where=IS_WAITING),
        Index(
            "ix_deliveries_recipient",
            func.lower(text("recipient")).label("address"),
            postgresql_ops={"address": "text_pattern_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), index=True)
    partner_id: Mapped[int | None] = mapped_column(RowId)
    stream: Mapped[Stream] = mapped_column(word(Stream))
    flow: Mapped[int] = mapped_column(RowId)
    """`flow_id` of its stream and partner."""
    recipient: Mapped[str] = mapped_column(String(320))
    state: Mapped[DeliveryState] = mapped_column(word(DeliveryState))
    attempts: Mapped[int] = mapped_column(default=0)
    retries: Mapped[int] = mapped_column(default=0)
    """Rounds over the chain that ended in waiting; picks the next delay of the schedule."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_attempt_at: Mapped[datetime | None] = mapped_column(UtcTime)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When it may be claimed, or, unconfirmed, when the policy decides; None: not by itself."""
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    rule: Mapped[str] = mapped_column(String(64), default="")
    """The row of the outcome table that put it into its state."""
    said: Mapped[str] = mapped_column(String(2100), default="")
    """The other side's words, or ours."""
    provider_id: Mapped[int | None] = mapped_column(RowId)
    """Who was tried last."""
    sticky_provider_id: Mapped[int | None] = mapped_column(RowId)
    """Who must be tried first next time (greylisting)."""
    phase: Mapped[Phase | None] = mapped_column(word(Phase))
    """How far the present attempt durably got; None unless sending."""
    worker_id: Mapped[str | None] = mapped_column(String(32))
    claim_token: Mapped[str | None] = mapped_column(String(32))
    """Guards every write of the worker that holds it."""
    rescues: Mapped[int] = mapped_column(default=0)
    """How often it was taken back from a worker that died."""
    copies: Mapped[int] = mapped_column(default=0)
    """How often it was sent again although it may have been out already."""
    route: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """The chain of its last round: who was skipped and why, who was tried."""


class Attempt(Base):
    """One try of a delivery at one provider."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_delivery", "delivery_id", "number", unique=True),
        Index("ix_attempts_partner", "partner_id", "id"),
        Index("ix_attempts_provider", "provider_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    """1 for the first; together with the delivery it names the attempt."""
    partner_id: Mapped[int | None] = mapped_column(RowId)
    provider_id: Mapped[int] = mapped_column(RowId)
    provider_name: Mapped[str] = mapped_column(String(100))
    status: Mapped[AttemptStatus] = mapped_column(word(AttemptStatus))
    phase: Mapped[Phase] = mapped_column(word(Phase))
    stage: Mapped[str] = mapped_column(String(16), default="")
    rule: Mapped[str] = mapped_column(String(64), default="")
    reply_code: Mapped[int | None]
    enhanced_code: Mapped[str] = mapped_column(String(12), default="")
    said: Mapped[str] = mapped_column(Text, default="")
    provider_reference: Mapped[str] = mapped_column(String(255), default="")
    is_copy: Mapped[bool] = mapped_column(default=False)
    """A second copy, sent because the answer to an earlier one was lost."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)

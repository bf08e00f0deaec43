"""The states of a delivery and of an attempt, and the streams they travel in.

Each state says who moves a delivery into it and out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from panel.domain.retry import CAMPAIGN_SCHEDULE, SCHEDULE, SYSTEM_SCHEDULE


class Stream(StrEnum):
    """What kind of mail: the account type of the screens. The order is the order of the lanes."""

    lane: int
    """0 is served first."""

    SYSTEM = "system", 0
    CUSTOMER_SERVICE = "customer_service", 1
    CRM = "crm", 2
    CAMPAIGNS = "campaigns", 3

    def __new__(cls, word: str, lane: int = 0) -> Self:
        """A word as any other, with its lane at hand: every mail asks for it several times."""
        stream = str.__new__(cls, word)
        stream._value_ = word
        stream.lane = lane
        return stream


FLOWS_PER_PARTNER = 8
"""Room for further streams: the numbers of flows never change."""


def flow_id(stream: Stream, partner_id: int | None) -> int:
    """The number of the flow of one stream of one partner; without a partner it is the house's."""
    return (partner_id or 0) * FLOWS_PER_PARTNER + stream.lane


def stream_of(flow_id: int) -> Stream:
    """The stream of a flow."""
    return _STREAMS[flow_id % FLOWS_PER_PARTNER]


def partner_of(flow_id: int) -> int | None:
    """The partner of a flow; None: the house."""
    return flow_id // FLOWS_PER_PARTNER or None


_STREAMS = tuple(Stream)


class DeliveryState(StrEnum):
    """Exactly one of these holds for every delivery that was ever accepted."""

    QUEUED = "queued"
    """By submit, by a person's retry and by rescue; a worker's claim takes it out."""
    SENDING = "sending"
    """By a worker's claim; its decision, or the rescue of a dead worker's lease, takes it out."""
    DEFERRED = "deferred"
    """By a worker after a temporary refusal; claimed again when its next attempt is due."""
    HELD = "held"
    """No usable provider, or a person's wish; back to the queue when that changes."""
    UNCONFIRMED = "unconfirmed"
    """The answer was lost after hand-over; the policy of the stream or a person decides."""
    SENT = "sent"
    """A provider took it. Final but for later reports of the provider."""
    FAILED = "failed"
    """Refused for good. Final; a person may send it again."""
    EXPIRED = "expired"
    """Not sent by its `expires_at`. Final."""
    CANCELLED = "cancelled"
    """By a person or the application before it was handed over. Final."""
    DELIVERED = "delivered"
    """After sent, by the provider's report."""
    BOUNCED = "bounced"
    """After sent, by the provider's report."""
    COMPLAINED = "complained"
    """After sent, by the provider's report."""


DUE_STATES = frozenset({DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.HELD})
"""What a worker may claim once `next_attempt_at` has come."""
WAITING_STATES = DUE_STATES | {DeliveryState.SENDING, DeliveryState.UNCONFIRMED}
"""What the queue screen shows: everything that has not ended."""


class Phase(StrEnum):
    """How far an attempt durably got; decides what a crash means."""

    CLAIMED = "claimed"
    CONNECTED = "connected"
    HANDING_OVER = "handing_over"
    """Committed before the final dot goes out: from here on a lost answer means unconfirmed."""
    DONE = "done"


class AttemptStatus(StrEnum):
    """One row of the mailing log."""

    IN_PROGRESS = "IN PROGRESS"
    FAIL = "FAIL"
    SUCCESS = "SUCCESS"


class UnconfirmedPolicy(StrEnum):
    """What to do with a delivery whose answer was lost."""

    RESEND = "resend"
    HOLD = "hold"
    ASSUME_SENT = "assume_sent"


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """The rules of one stream."""

    unconfirmed: UnconfirmedPolicy
    unconfirmed_delay: timedelta
    expires_after: timedelta = timedelta(days=5)
    """How long mail is tried that does not say itself when it is worthless."""
    schedule: tuple[timedelta, ...] = SCHEDULE
    """Delays between rounds; the last one repeats."""


POLICIES: dict[Stream, StreamPolicy] = {
    Stream.SYSTEM: StreamPolicy(
        UnconfirmedPolicy.RESEND, timedelta(seconds=60), schedule=SYSTEM_SCHEDULE
    ),
    Stream.CUSTOMER_SERVICE: StreamPolicy(UnconfirmedPolicy.HOLD, timedelta(0)),
    Stream.CRM: StreamPolicy(UnconfirmedPolicy.HOLD, timedelta(0)),
    Stream.CAMPAIGNS: StreamPolicy(
        UnconfirmedPolicy.ASSUME_SENT, timedelta(0), schedule=CAMPAIGN_SCHEDULE
    ),
}
"""What holds until the organisation sets rules of its own.

A lost log-in code is worse than two; two copies of a campaign are worse than a gap.
"""

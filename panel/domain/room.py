"""How much of a flow's mail can go out at this moment, so that no more is taken out of the queue.

A flow is the waiting mail of one stream of one partner. What cannot be sent is cheapest left where
it lies: taking it out, holding it and taking it out again costs as much as sending it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.domain.breaker import BreakerState
from panel.domain.chain import LASTING_SKIPS, Candidate, MailTraits, Skip, skip

LOOKS = 100
"""Deliveries of a flow without any provider that are looked at together, so that some tell why."""
LOOK_EVERY = timedelta(seconds=60)
"""How soon the next ones are looked at; a change of a provider is noticed at once."""
_PASSING = frozenset({Skip.BREAKER_OPEN, Skip.BUDGET})


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider and what is left of its sending allowance."""

    candidate: Candidate
    left: int | None = None
    """Recipients; None: without limit."""
    free_at: datetime | None = None
    """When its allowance is renewed; None unless it is used up."""


@dataclass(frozen=True, slots=True)
class Room:
    """What may be taken out of a flow."""

    left: int | None
    """Deliveries; None: as many as one likes."""
    again_at: datetime | None = None
    """When there is room again once `left` are taken; None: it depends on nothing but them."""


ENDLESS = Room(None)


def room(offers: Iterable[Offer], mail: MailTraits, *, now: datetime) -> Room:
    """The room for the mail of one flow; `mail` has its stream and partner, no From and no size.

    One provider without limits that may be tried is room enough; limited ones add up; one that is
    due for a probe mail has room for that. Where all that is missing passes by itself, there is
    none until then. Without any provider a few are let through, to be held with their reason.
    """
    own = [offer for offer in offers if offer.candidate.partner_id in (mail.partner_id, None)]
    judged = [(offer, skip(offer.candidate, mail, now=now)) for offer in own]
    counting = [(offer, why) for offer, why in judged if why not in LASTING_SKIPS]
    usable = [offer for offer, why in counting if why is None]
    if usable:
        return _shared(usable, now)
    times = [_again_at(offer, why, now) for offer, why in counting if why in _PASSING]
    if times:
        return Room(0, min(times))
    return Room(LOOKS, now + LOOK_EVERY)


def _shared(usable: list[Offer], now: datetime) -> Room:
    rooms = [_room_at(offer) for offer in usable]
    if None in rooms:
        return ENDLESS
    return Room(sum(left for left in rooms if left is not None))


def _room_at(offer: Offer) -> int | None:
    if offer.candidate.breaker.state is BreakerState.OPEN:
        return 1
    return offer.left


def _again_at(offer: Offer, why: Skip | None, now: datetime) -> datetime:
    """Never in the past, and never so late that a change would go unnoticed."""
    breaker = offer.candidate.breaker
    at = offer.free_at if why is Skip.BUDGET else max(
        breaker.retry_at or now, breaker.probe_until or now
    )  # fmt: skip
    soonest = now if at is None else max(at, now)
    return min(soonest, now + LOOK_EVERY) if soonest > now else now + timedelta(seconds=1)

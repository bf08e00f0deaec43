"""The end of one try at one provider: what it means for each delivery and for the provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from panel.domain.breaker import Breaker, after
from panel.domain.outcome import Effect, Move, Outcome, Scope, Stage
from panel.sending.desk import Desk
from panel.sending.offer import Offer
from panel.sending.roster import REFUSED_SENDER_MEMORY
from panel.sending.wake import release_held
from panel.storage.database import Session
from panel.storage.queue import health
from panel.storage.queue.claims import ClaimedMessage
from panel.storage.queue.marks import Ended

_ON_THE_WIRE = frozenset({Stage.BODY, Stage.FINAL})


def conclude(offer: Offer, outcomes: Sequence[Outcome]) -> None:
    """Notes the outcome of each delivery, in the log and for its round."""
    desk = offer.desk
    at = desk.now()
    began_at = offer.began_at or at
    judged = [_judged(offer, outcome, at=at) for outcome in outcomes]
    marks = []
    for item, outcome in zip(offer.carried, judged, strict=True):
        item.progress.note(outcome, offer.provider_id)
        handed_over_at = offer.handed_over_at if outcome.stage in _ON_THE_WIRE else None
        marks.append(
            Ended(
                delivery_id=item.delivery.id,
                token=offer.token,
                number=item.progress.attempts,
                outcome=outcome,
                started_at=began_at,
                handed_over_at=handed_over_at,
                at=at,
            )
        )
    desk.ledger.end(marks)
    desk.tally.note(offer.provider_id, judged, began_at=began_at, at=at)
    for outcome in {item.rule: item for item in judged}.values():
        _learn(desk, offer.message, outcome, provider_id=offer.provider_id, began_at=began_at)


def _judged(offer: Offer, outcome: Outcome, *, at: datetime) -> Outcome:
    """A provider that refuses its own From is set up wrongly, which must not fail a mail."""
    if outcome.scope is not Scope.SENDER:
        return outcome
    if offer.desk.roster.keeps_from(offer.provider_id, offer.message, now=at):
        return outcome
    return replace(outcome, scope=Scope.PROVIDER, move=Move.NEXT)


def _learn(
    desk: Desk,
    message: ClaimedMessage,
    outcome: Outcome,
    *,
    provider_id: int,
    began_at: datetime,
) -> None:
    """Keeps what the outcome says of the provider, here and for all other processes."""
    now = desk.now()
    roster = desk.roster
    if outcome.pause_s is not None:
        roster.pause(provider_id, until=now + timedelta(seconds=outcome.pause_s))
    if outcome.effect is Effect.REFUSE_SENDER:
        _refuse_sender(desk, message, outcome, provider_id=provider_id, now=now)
    before = roster.breaker(provider_id)
    breaker = after(before, outcome, began_at=began_at, now=now)
    if breaker is before:
        return
    roster.set_breaker(provider_id, breaker)

    def save(session: Session) -> Breaker:
        learnt = health.learn(session, provider_id, outcome, began_at=began_at, now=now)
        if outcome.move is Move.SENT:
            release_held(session, now=now)
        return learnt

    desk.ledger.post(
        save,
        provider_id=provider_id,
        then=lambda learnt: roster.set_breaker(provider_id, learnt),
    )


def _refuse_sender(
    desk: Desk, message: ClaimedMessage, outcome: Outcome, *, provider_id: int, now: datetime
) -> None:
    sender = desk.roster.sender(provider_id, message, now=now)
    desk.roster.refuse_sender(provider_id, sender, outcome.said)
    until = now + REFUSED_SENDER_MEMORY
    desk.ledger.post(
        lambda session: health.refuse_sender(
            session, provider_id, sender, said=outcome.said, until=until
        ),
        provider_id=provider_id,
    )

"""One try of a message at one provider: attempt rows, hand-over, what it means for the provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain.breaker import Breaker, after
from panel.domain.delivery import Phase
from panel.domain.outcome import Effect, Fault, Move, Outcome, Scope, Stage
from panel.domain.round import Progress
from panel.domain.smtp_outcomes import classify
from panel.sending.desk import Desk
from panel.sending.parcels import parcel
from panel.sending.roster import REFUSED_SENDER_MEMORY
from panel.sending.wake import release_held
from panel.storage.database import Session
from panel.storage.queue import health
from panel.storage.queue.claims import ClaimedDelivery, ClaimedMessage
from panel.storage.queue.marks import Ended, Reached

_ON_THE_WIRE = frozenset({Stage.BODY, Stage.FINAL})


@dataclass(slots=True)
class Carried:
    """A claimed delivery and how far its round has come."""

    delivery: ClaimedDelivery
    progress: Progress
    marked_for: int | None = None
    """The provider to which its hand-over is durable already."""


async def mark_early(
    desk: Desk, message: ClaimedMessage, carried: Sequence[Carried], token: str, *, provider_id: int
) -> None:
    """Makes the hand-over durable while the mail waits for a connection.

    Under load this takes the commit off the connections' way. What is marked but not yet sent
    counts as being handed over when the worker dies, so only those who come next may do it.
    """
    said = _Said(desk, message, token, provider_id)
    marks = [
        said.of(item, Phase.HANDING_OVER, number=item.progress.attempts + 1) for item in carried
    ]
    for item, is_held in zip(carried, await desk.ledger.hand_over(marks), strict=True):
        item.marked_for = provider_id if is_held else None


async def attempt(
    desk: Desk, message: ClaimedMessage, carried: Sequence[Carried], *, provider_id: int, token: str
) -> None:
    """Hands the message over for these deliveries; each one's progress notes its outcome."""
    began_at = desk.now()
    said = _Said(desk, message, token, provider_id)
    gate = _Gate(desk, carried, said)
    _begin(desk, carried, said)
    outcomes = await _send(desk, message, carried, provider_id=provider_id, gate=gate)
    at = desk.now()
    if not desk.roster.keeps_from(provider_id, message, now=at):
        outcomes = tuple(map(_blamed_on_provider, outcomes))
    for item, outcome in zip(carried, outcomes, strict=True):
        item.progress.note(outcome, provider_id)
        number = item.progress.attempts
        handed_over_at = gate.handed_over_at if outcome.stage in _ON_THE_WIRE else None
        desk.ledger.end(
            Ended(item.delivery.id, token, number, outcome, began_at, handed_over_at, at)
        )
    for outcome in {item.rule: item for item in outcomes}.values():
        _learn(desk, message, outcome, provider_id=provider_id, began_at=began_at)


def _blamed_on_provider(outcome: Outcome) -> Outcome:
    """A provider that refuses its own From is set up wrongly, which must not fail a mail."""
    if outcome.scope is not Scope.SENDER:
        return outcome
    return replace(outcome, scope=Scope.PROVIDER, move=Move.NEXT)


class _Gate:
    """Makes the hand-over durable just before the final dot."""

    def __init__(self, desk: Desk, carried: Sequence[Carried], said: _Said) -> None:
        self._desk = desk
        self._marks = [
            said.of(item, Phase.HANDING_OVER, number=item.progress.attempts + 1)
            for item in carried
            if item.marked_for != said.provider_id
        ]
        self.handed_over_at: datetime | None = None

    async def __call__(self) -> bool:
        if not self._desk.lease.is_valid:
            return False
        held = await self._desk.ledger.hand_over(self._marks) if self._marks else []
        # The commit may have taken longer than the lease: whoever rescued the deliveries then
        # saw them handing over, so they must not go out any more.
        if not all(held) or not self._desk.lease.is_valid:
            return False
        self.handed_over_at = self._desk.now()
        return True


class _Said:
    """What all marks of one try have in common."""

    def __init__(self, desk: Desk, message: ClaimedMessage, token: str, provider_id: int) -> None:
        self.provider_id = provider_id
        self._partner_id = message.partner_id
        self._token = token
        self._at = desk.now()
        self._name = desk.roster.candidate(provider_id, now=self._at).name

    def of(self, item: Carried, phase: Phase, *, number: int) -> Reached:
        """The mark for one delivery."""
        return Reached(
            item.delivery.id,
            self._token,
            number,
            self._partner_id,
            self.provider_id,
            self._name,
            self._at,
            item.delivery.copies > 0,
            phase,
        )


def _begin(desk: Desk, carried: Sequence[Carried], said: _Said) -> None:
    for item in carried:
        item.progress.attempts += 1
        desk.ledger.begin(said.of(item, Phase.CLAIMED, number=item.progress.attempts))


async def _send(
    desk: Desk,
    message: ClaimedMessage,
    carried: Sequence[Carried],
    *,
    provider_id: int,
    gate: _Gate,
) -> tuple[Outcome, ...]:
    recipients = tuple(item.delivery.recipient for item in carried)
    try:
        made = parcel(message, recipients, desk.roster.candidate(provider_id, now=desk.now()))
    except (ValueError, UnicodeError) as error:
        return (classify(Stage.ROUTE, Fault.BUILD, detail=str(error)),) * len(carried)
    return await desk.lines.to(provider_id, desk.roster.account(provider_id)).send(made, gate)


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

"""Puts the demo's past into the database: mail by the usual door, what became of it as it would be.

To be called before a worker runs.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import insert, select, update

from panel.domain.delivery import DeliveryState
from panel.domain.outcome import Outcome
from panel.domain.ruling import Choice
from panel.domain.submission import Accepted, InvalidSubmission
from panel.sending.submit import prepare, store
from panel.sending.tally import count
from panel.services.rulings import decide
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Ruling, Transcript
from panel.storage.queue import minutes
from panel.storage.queue.minutes import Sums
from panel.storage.queue.rulings import Seen
from tools.demo.events import Event, accepted, accepted_by_api
from tools.demo.people import PEOPLE, Cast, acting
from tools.demo.plot import Planned, Plot
from tools.demo.readings import write_readings
from tools.demo.rounds import Mail, Past, Row
from tools.demo.talk import Envelope

AT_ONCE = 500
DECISIONS: tuple[tuple[Choice, DeliveryState, slice, str], ...] = (
    (Choice.HOLD, DeliveryState.QUEUED, slice(0, 5), "Wait for the price list."),
    (Choice.CANCEL, DeliveryState.QUEUED, slice(5, 10), "The customer has withdrawn."),
    (Choice.COUNT_AS_SENT, DeliveryState.UNCONFIRMED, slice(0, 2), "The customer has it."),
    (Choice.GIVE_UP, DeliveryState.UNCONFIRMED, slice(2, 3), "The address was wrong anyway."),
)
"""What support has decided: how, about which of those in what state, and why."""


@dataclass
class History:
    """Fills one database."""

    session: Session
    cast: Cast
    now: datetime
    seed: int = 1
    _attempts: list[Row] = field(default_factory=list)
    _transcripts: list[Row] = field(default_factory=list)
    _sums: dict[int, dict[datetime, Sums]] = field(default_factory=lambda: defaultdict(dict))

    def write(self, mails: int) -> int:
        """Some `mails` mails with all that became of them; how many they are."""
        planned = iter(Plot(self.cast, now=self.now, seed=self.seed).mails(mails))
        written = 0
        while batch := list(islice(planned, AT_ONCE)):
            self._write(batch)
            written += len(batch)
        self._finish()
        self._decide()
        write_readings(self.session, now=self.now)
        return written

    def _write(self, batch: Sequence[Planned]) -> None:
        prepared = [
            prepare(
                item.submission,
                partner_id=item.submission.partner_id,
                application_id=item.submission.application_id,
                now=item.at,
            )
            for item in batch
        ]
        answers = store(self.session.connection(), prepared, now=self.now)
        pasts = [
            past
            for item, answer in zip(batch, answers, strict=True)
            if not item.is_left_alone
            for past in self._pasts(item, answer)
        ]
        for past in pasts:
            past.live()
            self._attempts += past.attempts
            self._transcripts += past.transcripts
            for provider_id, outcome, began_at, ended_at in past.outcomes:
                self._count(provider_id, outcome, began_at, ended_at)
        rows = [{"id": past.mail.delivery_id, **past.values} for past in pasts if past.values]
        self.session.execute(update(Delivery), rows)
        rulings = [row for past in pasts for row in past.rulings]
        if rulings:
            self.session.execute(insert(Ruling), rulings)
        self.session.commit()

    def _pasts(self, item: Planned, answer: Accepted | InvalidSubmission) -> Iterator[Past]:
        if isinstance(answer, InvalidSubmission):
            raise answer
        submission = item.submission
        life = _life(self.session, answer)
        for delivery, fate in zip(answer.deliveries, item.fates, strict=True):
            envelope = Envelope(_sender(item), delivery.recipient, _size(item))
            mail = Mail(
                delivery.id, submission.stream, submission.partner_id, item.at, life, envelope
            )
            chance = random.Random(delivery.id)
            yield Past(mail, item.chain, fate, self.now, chance, self._taken)

    def _taken(self, provider_id: int, at: datetime) -> Event:
        """The API was slower, and everything is in the busy hours."""
        chance = random.Random(f"{provider_id} {at}")
        took_ms = int(chance.lognormvariate(4.8, 0.5))
        number = int(at.timestamp() * 1_000_000)
        if provider_id == self.cast.gamma_id:
            return accepted_by_api(number, took_ms=took_ms * 2)
        return accepted(number, took_ms=took_ms + (40 if 9 <= at.hour <= 17 else 0))

    def _count(
        self, provider_id: int, outcome: Outcome, began_at: datetime, ended_at: datetime
    ) -> None:
        minute_at = ended_at.replace(second=0, microsecond=0)
        sums = self._sums[provider_id].setdefault(minute_at, Sums())
        count(sums, outcome, int((ended_at - began_at) / timedelta(milliseconds=1)))

    def _finish(self) -> None:
        """The mailing log in the order of its time, and the sums of its minutes."""
        self._attempts.sort(key=lambda row: row["started_at"])
        self.session.execute(insert(Attempt), self._attempts)
        self.session.execute(insert(Transcript), self._transcripts)
        for provider_id, found in self._sums.items():
            minutes.add(self.session, provider_id, found)
        self.session.commit()

    def _decide(self) -> None:
        """People have decided about some of those that waited."""
        found = [
            (self._decided_at(delivery), choice, note, delivery)
            for choice, state, which, note in DECISIONS
            for delivery in self._waiting(state)[which]
        ]
        for at, choice, note, delivery in sorted(found, key=lambda item: item[0]):
            decide(
                self.session,
                acting(PEOPLE[1]),
                message_id=delivery.message_id,
                delivery_id=delivery.id,
                choice=choice,
                seen=Seen(delivery.state, delivery.attempts),
                note=note,
                now=at,
            )

    def _decided_at(self, delivery: Delivery) -> datetime:
        last_at = delivery.last_attempt_at or delivery.created_at
        return max(self.now - timedelta(minutes=delivery.id % 50), last_at + timedelta(minutes=3))

    def _waiting(self, state: DeliveryState) -> list[Delivery]:
        found = select(Delivery).where(
            Delivery.state == state,
            Delivery.partner_id.is_(None),
            Delivery.created_at < self.now - timedelta(minutes=4),
        )
        return list(self.session.scalars(found.order_by(Delivery.id)))


def _life(session: Session, answer: Accepted) -> datetime:
    found = select(Delivery.expires_at).where(Delivery.id == answer.deliveries[0].id)
    return session.execute(found).scalar_one()


def _sender(item: Planned) -> str:
    sender = item.submission.sender
    return sender.email if sender is not None else ""


def _size(item: Planned) -> int:
    """Octets, about: its parts, and the header around them."""
    submission = item.submission
    parts = (submission.subject, submission.text, submission.html)
    return sum(len((part or "").encode()) for part in parts) + 900

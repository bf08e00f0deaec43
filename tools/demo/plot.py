"""Which mails the demo's past is made of: when each came in, from whom, to whom, and its fate."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.domain.chain import Skip
from panel.domain.delivery import Stream
from panel.domain.outcome import Effect, Move, Stage
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from tools.demo.events import API, BROKEN, SAID, Event
from tools.demo.letters import Owner, a_letter, a_person, a_stream
from tools.demo.people import Cast
from tools.demo.replies import SCRIPTED, Scripted
from tools.demo.rounds import Fate, Stop

DAYS = 6
LEFT = timedelta(days=2)
"""So long ago the API stopped being used."""
OUTAGE = (timedelta(hours=19), timedelta(hours=18, minutes=10))
"""From when to when, counted back from now, the first provider was out of reach."""
EACH = 3
"""Mails for each event."""
BUSY_HOURS = (1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 10, 9, 8, 9, 9, 8, 7, 6, 5, 4, 3, 3, 2, 1)
DOUBT_STREAMS = (Stream.CUSTOMER_SERVICE, Stream.SYSTEM, Stream.CRM, Stream.CAMPAIGNS)
UNREACHABLE = next(event for event in BROKEN if event.stage is Stage.CONNECT and event.took_ms == 3)


@dataclass(frozen=True, slots=True)
class Planned:
    """A mail of the past; `fates` are those of its recipients, in their order."""

    at: datetime
    submission: Submission
    fates: tuple[Fate, ...]
    chain: Sequence[Stop]
    is_left_alone: bool = False
    """It stays as submit made it, for the worker or its time to come."""


class Plot:
    """Makes the plan; the same `seed` and `now` make the same."""

    def __init__(self, cast: Cast, *, now: datetime, seed: int) -> None:
        self._cast = cast
        self._now = now
        self._chance = random.Random(seed)
        self._alpha = Stop(cast.alpha_id, "Alpha (sandbox)")
        self._beta = Stop(cast.beta_id, "Beta (sandbox)")
        self._gamma = Stop(cast.gamma_id, "Gamma (left in autumn)", is_api=True)
        self._own = Stop(cast.anadolu_server_id, "Anadolu Tours: SMTP")
        self._last_probe_at: datetime | None = None

    def mails(self, count: int) -> list[Planned]:
        """At least `count` mails, oldest first."""
        special = [
            *self._of_events(),
            *self._lasting(),
            *self._scheduled(),
            *self._without_way(),
            *self._together(),
        ]
        times = sorted(self._moment() for _ in range(max(count - len(special), 0)))
        usual = [self._usual(at) for at in times]
        return sorted([*special, *usual], key=lambda item: item.at)

    def _moment(self, *, since: timedelta = timedelta(days=DAYS)) -> datetime:
        """Some time of a busy hour; most of all within the last two days, so that they compare."""
        longest = timedelta(days=2) if self._chance.random() < 0.6 else since
        while True:
            at = self._now - longest * self._chance.random() - timedelta(seconds=20)
            if self._chance.random() * max(BUSY_HOURS) <= BUSY_HOURS[at.hour]:
                return at

    def _usual(self, at: datetime) -> Planned:
        """Mostly taken at once; one of fifteen goes to a recipient who is hard to reach."""
        if self._chance.random() < 1 / 15:
            name = self._chance.choice([key for key, plan in SCRIPTED.items() if plan.text])
            return self._to_scripted(name, at)
        stream = a_stream(self._chance)
        owner = self._owner(stream)
        letter = a_letter(self._chance, stream, (a_person(self._chance),), owner=owner)
        return Planned(at, letter, (Fate(),), self._chain(owner, at))

    def _owner(self, stream: Stream) -> Owner:
        if self._chance.random() < 0.12:
            return self._cast.anadolu
        return self._cast.crm if stream in (Stream.CRM, Stream.CAMPAIGNS) else self._cast.shop

    def _chain(self, owner: Owner, at: datetime) -> tuple[Stop, ...]:
        """As it was at that time: the API came first once, and the primary had its outage."""
        house: tuple[Stop, ...] = (self._alpha_at(at), self._beta)
        if at < self._now - LEFT:
            house = (*house, self._gamma)
        return (self._own, *house) if owner.partner_id is not None else house

    def _alpha_at(self, at: datetime) -> Stop:
        began_at, ended_at = self._now - OUTAGE[0], self._now - OUTAGE[1]
        if not began_at <= at < ended_at:
            return self._alpha
        return Stop(self._alpha.provider_id, self._alpha.name, Skip.BREAKER_OPEN)

    def _of_events(self) -> Iterator[Planned]:
        """Each row of the outcome tables, some mails each."""
        for event in (*BROKEN, *SAID):
            for number in range(EACH * (2 if event.outcome.move is Move.UNCONFIRMED else 1)):
                yield self._met(event, DOUBT_STREAMS[number % len(DOUBT_STREAMS)])
        for event in API:
            yield self._met(event, Stream.CAMPAIGNS, is_api=True)
        for minutes in range(0, 50, 9):
            yield self._met(UNREACHABLE, Stream.SYSTEM, at=self._now - OUTAGE[0], after=minutes)

    def _met(
        self,
        event: Event,
        stream: Stream,
        *,
        is_api: bool = False,
        at: datetime | None = None,
        after: int = 0,
    ) -> Planned:
        """A mail that met this event at its first provider."""
        chain: tuple[Stop, ...] = (self._alpha, self._beta)
        at = self._moment() if at is None else at + timedelta(minutes=after)
        if is_api:
            chain = (self._gamma, *chain)
            at = self._now - LEFT - timedelta(days=DAYS - 2) * self._chance.random() * 0.9
        owner = self._cast.shop
        letter = a_letter(self._chance, stream, (a_person(self._chance),), owner=owner)
        is_refused_by_all = event.outcome.move in (Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL)
        times = 2 if is_refused_by_all and self._chance.random() < 0.5 and not is_api else 1
        return Planned(at, letter, (Fate((event,) * times),), chain)

    def _lasting(self) -> Iterator[Planned]:
        """What is tried again and again: some have expired, others still wait."""
        for hours in (1, 3, 7, 20, 31, 60, 90, 122, 126, 130, 140):
            yield self._to_scripted("full.mailbox", self._now - timedelta(hours=hours))
        for hours in (2, 5, 45, 128):
            yield self._to_scripted("busy.mailbox", self._now - timedelta(hours=hours))
        for minutes in (0, 7, 16):
            at = self._now - OUTAGE[0] + timedelta(minutes=minutes)
            letter = a_letter(
                self._chance,
                Stream.SYSTEM,
                (a_person(self._chance),),
                owner=self._cast.shop,
                expires_at=at + timedelta(minutes=10),
            )
            chain = (self._alpha, self._beta)
            yield Planned(at, letter, (Fate((UNREACHABLE,), is_lasting=True),), chain)

    def _to_scripted(self, name: str, at: datetime) -> Planned:
        plan, owner = SCRIPTED[name], self._cast.shop
        stream = a_stream(self._chance)
        to = Mailbox(f"{name}+{self._chance.randrange(10_000)}@example.com", "")
        letter = a_letter(self._chance, stream, (to,), owner=owner)
        return Planned(at, letter, (scripted_fate(plan, to.email),), self._chain(owner, at))

    def _scheduled(self) -> Iterator[Planned]:
        """Campaigns and reminders whose time has not come."""
        for number in range(24):
            at = self._now - timedelta(minutes=5 + number)
            letter = a_letter(
                self._chance,
                (Stream.CAMPAIGNS, Stream.CRM)[number % 2],
                (a_person(self._chance),),
                owner=self._cast.crm,
                send_at=self._now + timedelta(hours=2 + number),
            )
            yield Planned(at, letter, (Fate(),), (), is_left_alone=True)

    def _without_way(self) -> Iterator[Planned]:
        """A partner without a server that may not use the house's: its mail will be held."""
        for hours in range(1, 7):
            at = self._now - timedelta(hours=hours * 3)
            letter = a_letter(
                self._chance,
                Stream.CUSTOMER_SERVICE,
                (a_person(self._chance),),
                owner=self._cast.harbour,
            )
            yield Planned(at, letter, (Fate(),), (), is_left_alone=True)

    def _together(self) -> Iterator[Planned]:
        """Mails to several, of whom one cannot be reached."""
        for name in ("nobody", "left.company", "over.quota", "greylisted"):
            bad = Mailbox(f"{name}+team@example.com", "")
            good = (Mailbox("ada.brown@example.com"), Mailbox("hanna.weiss@example.com"))
            letter = a_letter(
                self._chance,
                Stream.CUSTOMER_SERVICE,
                (good[0], bad),
                owner=self._cast.shop,
                cc=(good[1],),
            )
            fates = (Fate(), scripted_fate(SCRIPTED[name], bad.email), Fate())
            at = self._moment()
            yield Planned(at, letter, fates, self._chain(self._cast.shop, at))


def scripted_fate(plan: Scripted, recipient: str) -> Fate:
    """What the sandbox servers do with this recipient, now as in the past."""
    event = Event(plan.stage, plan.text.replace("%s", recipient), took_ms=90)
    is_waiting = event.outcome.effect is Effect.NONE and not event.outcome.is_permanent
    return Fate((event,) * (plan.times or 1), is_lasting=is_waiting and not plan.times)

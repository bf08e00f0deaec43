"""What became of one delivery in the demo's past, told by the sender's own rules.

The outcome tables and the decisions are the sender's; only the clock and the answers are made up.
So states, attempts, counts and reasons fit each other as those of real mail do.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from panel.domain.chain import Skip
from panel.domain.decision import Decision, Standing, decide
from panel.domain.delivery import (
    POLICIES,
    AttemptStatus,
    DeliveryState,
    Phase,
    Stream,
    UnconfirmedPolicy,
)
from panel.domain.outcome import Move, Outcome, Stage
from panel.domain.round import Progress
from panel.domain.ruling import Choice
from panel.storage.queue.progress import LONGEST_SAID
from tools.demo.events import Event
from tools.demo.talk import Envelope, talk

Row = dict[str, Any]
ON_THE_WIRE = frozenset({Stage.BODY, Stage.FINAL})
MARGIN = timedelta(seconds=2)
"""No round begins later than so long before the demo does."""

AWAKE = timedelta(milliseconds=150)
"""From a decision until a worker takes the mail."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A provider of a chain."""

    provider_id: int
    name: str
    skip: Skip | None = None
    is_api: bool = False

    @property
    def server(self) -> str:
        """What its server calls itself."""
        return f"{self.name.partition(' ')[0].lower()}.sandbox.example"


@dataclass(frozen=True, slots=True)
class Mail:
    """One delivery as submit left it."""

    delivery_id: int
    stream: Stream
    partner_id: int | None
    due_at: datetime
    expires_at: datetime
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Fate:
    """What its providers will do; after that every one takes it."""

    events: Sequence[Event] = ()
    is_lasting: bool = False
    """The last event comes again and again."""


@dataclass
class Past:
    """One delivery's way from submit until now."""

    mail: Mail
    chain: Sequence[Stop]
    fate: Fate
    now: datetime
    chance: random.Random
    taken: Any
    """Makes the event of a provider that takes it: `taken(provider_id, at)`."""
    attempts: list[Row] = field(default_factory=list)
    outcomes: list[tuple[int, Outcome, datetime, datetime]] = field(default_factory=list)
    """Of each attempt: at which provider, what came of it, when it began and ended."""
    transcripts: list[Row] = field(default_factory=list)
    rulings: list[Row] = field(default_factory=list)
    values: Row = field(default_factory=dict)
    """What is to be changed in the delivery's row."""
    _retries: int = 0
    _copies: int = 0

    def live(self) -> None:
        """Round after round, until it has ended, waits for a person, or is waiting now."""
        at = self.mail.due_at + timedelta(milliseconds=self.chance.randrange(40, 400))
        stops: Sequence[Stop] = self.chain
        while at < min(self.now - MARGIN, self.mail.expires_at):
            decision, ended_at = self._round(stops, at)
            self._settle(decision, stops, at, ended_at)
            if decision.state is DeliveryState.UNCONFIRMED:
                next_at = self._after_doubt(ended_at)
                stops = [stop for stop in stops if stop.provider_id == self.values["provider_id"]]
            else:
                next_at = decision.next_attempt_at
            if next_at is None:
                return
            at = next_at
        if at >= self.mail.expires_at <= self.now:
            self.values |= {"state": DeliveryState.EXPIRED, "next_attempt_at": None}
            self.values["ended_at"] = self.mail.expires_at

    def _round(self, stops: Sequence[Stop], at: datetime) -> tuple[Decision, datetime]:
        """Asks the providers of the chain in turn; what is decided, and when."""
        open_stops = [stop for stop in stops if stop.skip is None]
        progress = Progress(len(self.attempts))
        for place, stop in enumerate(open_stops):
            at = self._ask(stop, progress, at)
            if progress.last is not None and progress.last.move is Move.AGAIN:
                at = self._ask(stop, progress, at)
            has_next = place + 1 < len(open_stops)
            if progress.last is None or progress.last.is_sent:
                break
            if not progress.moves_on(has_next=has_next):
                break
        if progress.last is None:
            raise ValueError("Nobody of the chain can be asked.")
        standing = Standing(self.mail.stream, self._retries, self.mail.expires_at)
        policy, jitter = POLICIES[self.mail.stream], self.chance.uniform(-1, 1)
        others = progress.may_be_taken_later(())
        decision = decide(
            progress.last, standing, policy, now=at, jitter=jitter, others_may_help=others
        )
        return decision, at

    def _ask(self, stop: Stop, progress: Progress, at: datetime) -> datetime:
        event = self._next_event(stop, at)
        outcome, ended_at = event.outcome, at + timedelta(milliseconds=event.took_ms)
        progress.attempts += 1
        progress.note(outcome, stop.provider_id)
        self.outcomes.append((stop.provider_id, outcome, at, ended_at))
        self._tell(stop, outcome)
        self.attempts.append(self._attempt(stop, outcome, at, ended_at))
        return ended_at

    def _tell(self, stop: Stop, outcome: Outcome) -> None:
        """Keeps what was said, unless all went well at once."""
        if outcome.is_sent and not self.attempts:
            return
        said = talk(outcome, self.mail.envelope, server=stop.server, is_api=stop.is_api)
        number = len(self.attempts) + 1
        if said:
            row = {"delivery_id": self.mail.delivery_id, "number": number, "said": said}
            self.transcripts.append(row)

    def _next_event(self, stop: Stop, at: datetime) -> Event:
        made = len(self.attempts)
        if made < len(self.fate.events):
            return self.fate.events[made]
        if self.fate.is_lasting:
            return self.fate.events[-1]
        event: Event = self.taken(stop.provider_id, at)
        return event

    def _attempt(self, stop: Stop, outcome: Outcome, began_at: datetime, ended_at: datetime) -> Row:
        reply = outcome.reply
        is_out = outcome.stage in ON_THE_WIRE
        return {
            "delivery_id": self.mail.delivery_id,
            "number": len(self.attempts) + 1,
            "partner_id": self.mail.partner_id,
            "provider_id": stop.provider_id,
            "provider_name": stop.name,
            "status": AttemptStatus.SUCCESS if outcome.is_sent else AttemptStatus.FAIL,
            "phase": Phase.DONE,
            "stage": outcome.stage.value,
            "rule": outcome.rule,
            "reply_code": reply.code if reply else None,
            "enhanced_code": (reply.enhanced or "") if reply else "",
            "said": outcome.said,
            "provider_reference": outcome.provider_reference,
            "is_copy": self._copies > 0,
            "started_at": began_at,
            "handed_over_at": began_at + (ended_at - began_at) / 2 if is_out else None,
            "finished_at": ended_at,
        }

    def _settle(
        self, decision: Decision, stops: Sequence[Stop], began_at: datetime, at: datetime
    ) -> None:
        self._retries += int(decision.counts_as_retry)
        provider_id = self.attempts[-1]["provider_id"]
        has_ended = decision.state in (DeliveryState.SENT, DeliveryState.FAILED)
        self.values = {
            "state": decision.state,
            "attempts": len(self.attempts),
            "retries": self._retries,
            "copies": self._copies,
            "last_attempt_at": began_at,
            "next_attempt_at": decision.next_attempt_at,
            "ended_at": at if has_ended else None,
            "rule": decision.rule,
            "said": decision.said[:LONGEST_SAID],
            "provider_id": provider_id,
            "sticky_provider_id": provider_id if decision.sticky else None,
            "route": [_written(stop) for stop in stops],
        }

    def _after_doubt(self, at: datetime) -> datetime | None:
        """By the policy of its stream; when a second copy goes out, None when none does."""
        policy = POLICIES[self.mail.stream]
        decided_at = at + policy.unconfirmed_delay
        if policy.unconfirmed is UnconfirmedPolicy.HOLD or decided_at > self.now - MARGIN:
            return None
        if policy.unconfirmed is UnconfirmedPolicy.ASSUME_SENT:
            self.values |= {"state": DeliveryState.SENT, "next_attempt_at": None}
            self.values["ended_at"] = decided_at
            self._rule(Choice.COUNT_AS_SENT, decided_at)
            return None
        if self._copies:  # A second one in doubt is for people.
            self.values["next_attempt_at"] = None
            return None
        self._copies += 1
        self._rule(Choice.SEND_AGAIN, decided_at)
        return decided_at + AWAKE

    def _rule(self, choice: Choice, at: datetime) -> None:
        self.rulings.append(
            {
                "delivery_id": self.mail.delivery_id,
                "at": at,
                "actor": "",
                "actor_partner_id": None,
                "choice": choice,
                "state_before": DeliveryState.UNCONFIRMED,
                "note": "",
            }
        )


def _written(stop: Stop) -> Row:
    """As the route of a delivery keeps it."""
    skip = stop.skip.value if stop.skip is not None else None
    return {"provider_id": stop.provider_id, "name": stop.name, "skip": skip}

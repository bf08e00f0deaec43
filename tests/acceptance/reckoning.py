"""What became of every accepted mail: the ledgers of the servers compared with the database.

The numbers and the faults that `reconcile` finds are what the acceptance tests and the soak go by.
It may be called while mail is on its way: the ledgers are read before and after the database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.domain.outcome import Move
from panel.domain.smtp_outcomes import RULES
from panel.storage.models import Attempt, Delivery, Message
from tests.fakes.smtp_ledger import Ledger

Ledgers = Mapping[str, Iterable[Ledger]]
"""By the provider's name, those of all servers that ever stood behind it."""
SENT_STATES = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.BOUNCED,
        DeliveryState.COMPLAINED,
    }
)
DOUBTFUL_RULES = frozenset(rule.name for rule in RULES if rule.move is Move.UNCONFIRMED)
"""An attempt that ended by one of these may have put the mail out."""
_SHOWN = 5


class Copy(NamedTuple):
    """A mail for one recipient, as a server and the database both know it."""

    message_id: str
    recipient: str


@dataclass(slots=True)
class Reckoning:
    """The sum of a run. Right when nothing is lost, nothing unexplained, every copy flagged."""

    accepted: int
    states: Counter[DeliveryState] = field(default_factory=Counter)
    """Of all deliveries in the database, those that were never answered among them."""
    unanswered: int = 0
    """In the database though nobody was told so: the answer did not reach the caller."""
    taken: int = 0
    """Mails that the servers took, copies among them."""
    assumed: int = 0
    """Sent by the policy of a stream, without an answer that says so."""
    copies: int = 0
    """Taken by servers beyond the first, each flagged as a copy."""
    lost: list[str] = field(default_factory=list)
    """Absent, or called sent though no server took it."""
    unflagged: list[str] = field(default_factory=list)
    """Second copies that nobody flagged."""
    unexplained: list[str] = field(default_factory=list)
    """Where ledger and database do not go together."""

    @property
    def is_right(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.unflagged or self.unexplained) and self.adds_up

    @property
    def adds_up(self) -> bool:
        """Whether accepted and unanswered mails are all in one state each."""
        return self.accepted + self.unanswered == sum(self.states.values()) + self.absent

    @property
    def absent(self) -> int:
        """Accepted, and not in the database."""
        return sum(line.startswith("absent") for line in self.lost)

    def table(self) -> str:
        """The numbers, one a line, and the first faults of each kind."""
        rows: list[tuple[str, object]] = [("accepted", self.accepted)]
        rows += [("  unanswered, but stored", self.unanswered)]
        rows += [(f"  {state.value}", self.states[state]) for state in _shown(self.states)]
        rows += [("taken by servers", self.taken), ("copies, flagged", self.copies)]
        rows += [("sent by policy, without an answer", self.assumed)]
        rows += [("copies, not flagged", len(self.unflagged)), ("lost", len(self.lost))]
        rows += [("unexplained", len(self.unexplained))]
        lines = [f"{name:<36}{value:>9,}" for name, value in rows]
        faults = [*self.lost[:_SHOWN], *self.unflagged[:_SHOWN], *self.unexplained[:_SHOWN]]
        return "\n".join([*lines, *(f"  ! {fault}" for fault in faults)])


@dataclass(slots=True)
class _Story:
    """What the database knows of one delivery."""

    id: int
    copy: Copy
    state: DeliveryState
    is_handing_over: bool
    is_copy: bool
    successes: int = 0
    doubts: int = 0
    flagged: int = 0
    """Attempts flagged as a copy that put the mail out, or may have."""
    providers: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return f"delivery {self.id} to {self.copy.recipient}, {self.state.value}"

    @property
    def most(self) -> int:
        """How often servers may have taken it."""
        return self.successes + self.doubts + self.is_handing_over


def reconcile(database: Engine, ledgers: Ledgers, accepted: Mapping[int, str]) -> Reckoning:
    """Compares the ledgers with the database; `accepted` are recipients by delivery id."""
    accepted = dict(accepted)
    by_provider = {name: _taken(group) for name, group in ledgers.items()}
    with _snapshot(database) as connection:
        stories = _stories(connection)
    before = sum(by_provider.values(), Counter[Copy]())
    after = _taken(ledger for group in ledgers.values() for ledger in group)
    reckoning = Reckoning(len(accepted), taken=after.total())
    _find_absent(reckoning, stories, accepted)
    for story in stories.values():
        _judge(reckoning, story, before[story.copy], after[story.copy])
    _find_strangers(reckoning, stories, before)
    _compare_providers(reckoning, stories, by_provider)
    return reckoning


def _shown(states: Counter[DeliveryState]) -> list[DeliveryState]:
    return [state for state in DeliveryState if states[state]]


def _taken(ledgers: Iterable[Ledger]) -> Counter[Copy]:
    mails = [mail for ledger in ledgers for mail in list(ledger.mails)]
    return Counter(Copy(mail.message_id, to) for mail in mails for to in mail.recipients)


def _snapshot(database: Engine) -> Connection:
    """One that sees everything at one moment."""
    if database.dialect.name == "sqlite":
        return database.connect()
    return database.connect().execution_options(isolation_level="REPEATABLE READ")


def _stories(connection: Connection) -> dict[int, _Story]:
    columns = (Delivery.id, Message.rfc_message_id, Delivery.recipient, Delivery.state)
    rows = connection.execute(
        select(*columns, Delivery.phase, Delivery.copies).join(
            Message, Message.id == Delivery.message_id
        )
    )
    stories = {}
    for id_, message_id, recipient, state, phase, copies in rows:
        goes_out = state is DeliveryState.SENDING and phase is Phase.HANDING_OVER
        copy = Copy(message_id, recipient)
        stories[id_] = _Story(id_, copy, state, goes_out, copies > 0)
    _add_attempts(connection, stories)
    return stories


def _add_attempts(connection: Connection, stories: Mapping[int, _Story]) -> None:
    kind = (
        Attempt.delivery_id,
        Attempt.status,
        Attempt.rule,
        Attempt.is_copy,
        Attempt.provider_name,
    )
    for row in connection.execute(select(*kind, func.count()).group_by(*kind)):
        delivery_id, status, rule, is_copy, provider, count = row
        story = stories[delivery_id]
        story.providers.add(provider)
        is_success = status is AttemptStatus.SUCCESS
        is_doubt = status is AttemptStatus.FAIL and rule in DOUBTFUL_RULES
        story.successes += count * is_success
        story.doubts += count * is_doubt
        story.flagged += count * (is_copy and (is_success or is_doubt))


def _find_absent(
    reckoning: Reckoning, stories: Mapping[int, _Story], accepted: Mapping[int, str]
) -> None:
    reckoning.states.update(story.state for story in stories.values())
    reckoning.unanswered = sum(id_ not in accepted for id_ in stories)
    for id_, recipient in accepted.items():
        if id_ not in stories:
            reckoning.lost.append(f"absent: delivery {id_} to {recipient}")
        elif stories[id_].copy.recipient != recipient:
            reckoning.lost.append(f"absent: delivery {id_} is another's, not {recipient}'s")


def _judge(reckoning: Reckoning, story: _Story, taken_before: int, taken_after: int) -> None:
    if taken_after < story.successes:
        reckoning.lost.append(f"no server took it: {story}")
    if story.state in SENT_STATES and not story.successes:
        reckoning.assumed += 1
        if not story.doubts:
            reckoning.lost.append(f"sent without an attempt that sent it: {story}")
    if taken_before > story.most:
        reckoning.unexplained.append(f"taken {taken_before} times, known {story.most}: {story}")
    is_known_as_out = story.state in SENT_STATES | {DeliveryState.UNCONFIRMED}
    if taken_before and not (is_known_as_out or story.is_handing_over or story.is_copy):
        reckoning.unexplained.append(f"taken by a server: {story}")
    _judge_copies(reckoning, story, taken_before)


def _judge_copies(reckoning: Reckoning, story: _Story, taken: int) -> None:
    flagged = story.flagged + (story.is_handing_over and story.is_copy)
    surplus = max(taken - 1, 0)
    reckoning.copies += min(surplus, flagged)
    if surplus > flagged or story.successes > 1 + flagged:
        reckoning.unflagged.append(f"taken {taken} times, {flagged} flagged: {story}")


def _find_strangers(
    reckoning: Reckoning, stories: Mapping[int, _Story], taken: Counter[Copy]
) -> None:
    known = Counter(story.copy for story in stories.values())
    for copy in taken.keys() - known.keys():
        reckoning.unexplained.append(f"not in the database: {copy}")
    for copy, count in known.items():
        if count > 1:
            reckoning.unexplained.append(f"stored {count} times: {copy}")


def _compare_providers(
    reckoning: Reckoning, stories: Mapping[int, _Story], by_provider: Mapping[str, Counter[Copy]]
) -> None:
    """Each server that took a mail is one that the log has an attempt at, among those it knows."""
    tried: dict[Copy, set[str]] = defaultdict(set)
    for story in stories.values():
        tried[story.copy] |= story.providers
    for provider, taken in by_provider.items():
        for copy in taken:
            if copy in tried and provider not in tried[copy]:
                reckoning.unexplained.append(f"taken by {provider}, never tried there: {copy}")

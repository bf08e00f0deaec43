"""The queue as a list: every delivery that has not ended, newest first, filtered and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from panel.domain.delivery import WAITING_STATES, DeliveryState, Stream
from panel.domain.permission import Scope, narrowed
from panel.storage.models import Delivery, Message, Partner, Provider
from panel.storage.models.delivery import IS_WAITING
from panel.storage.queries.paging import (
    AnyRow,
    AnySelect,
    Cursor,
    Lead,
    Page,
    Search,
    page,
)
from panel.storage.queries.recipients import deliveries_to, recipient_starts
from panel.storage.scope import within

COUNT_LIMIT = 1_000
"""Counts stop here: beyond it a person needs no exact figure, and the page stays quick."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What the list is narrowed to; None and empty leave it as it is."""

    state: DeliveryState | None = None
    stream: Stream | None = None
    recipient: str = ""
    """A whole address, or how it begins."""
    owner: str = ""
    """Whose mail, see `narrowed`; only for those who see everybody's."""

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything through."""
        return self == QueueFilter()

    def as_words(self) -> dict[str, str]:
        """What narrows anything, as JSON can hold it."""
        return {name: str(value) for name, value in asdict(self).items() if value}

    @classmethod
    def from_words(cls, words: Mapping[str, str]) -> QueueFilter:
        """The filter that `as_words` was made of."""
        state, stream = words.get("state"), words.get("stream")
        return cls(
            state=DeliveryState(state) if state else None,
            stream=Stream(stream) if stream else None,
            recipient=words.get("recipient", ""),
            owner=words.get("owner", ""),
        )


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue."""

    id: int
    message_id: str
    recipient: str
    subject: str
    stream: Stream
    partner_name: str | None
    state: DeliveryState
    attempts: int
    created_at: datetime
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    rule: str
    said: str
    provider_partner_id: int | None
    """Whose provider was tried last; None: the house's, or none yet."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many wait in which state, and of which there are more than were counted."""

    by_state: dict[DeliveryState, int]
    capped: frozenset[DeliveryState] = frozenset()

    @property
    def is_capped(self) -> bool:
        """Whether there are more than `total`."""
        return bool(self.capped)

    @property
    def total(self) -> int:
        """All that were counted."""
        return sum(self.by_state.values())

    def of(self, state: DeliveryState) -> int:
        """Those in one state."""
        return self.by_state.get(state, 0)


def queue_page(
    session: Session, scope: Scope, *, wanted: QueueFilter, cursor: Cursor
) -> Page[QueueRow]:
    """One page of what waits, newest first."""
    by_address = deliveries_to(session, wanted.recipient) if wanted.recipient else None
    lead, left = _lead(scope, wanted)
    rows = _narrowed(_rows(), left)
    if by_address is not None:
        rows = rows.where(Delivery.id.in_(by_address))
    search = Search(
        candidates=select(Delivery.id).where(IS_WAITING),
        rows=rows,
        column=Delivery.id,
        lead=lead,
        time=Delivery.created_at,
        is_filtered=by_address is None and not left.is_empty,
    )
    return page(session, search, cursor, build=_row)


def _lead(scope: Scope, wanted: QueueFilter) -> tuple[Lead | None, QueueFilter]:
    """What the list is read by, and what is left to be looked for in its rows."""
    scope, wanted = narrowed(scope, wanted.owner), replace(wanted, owner="")
    if not scope.is_everything:
        return Lead(Delivery.partner_id, scope.partner_id), wanted
    if wanted.state is not None:
        return Lead(Delivery.state, wanted.state, is_listed=True), replace(wanted, state=None)
    return None, wanted


def queue_counts(session: Session, scope: Scope) -> QueueCounts:
    """Waiting deliveries by state: of each up to `COUNT_LIMIT`, of a partner so many in all."""
    if scope.is_everything:
        return _counts_of_all(session)
    waiting = within(select(Delivery.state).where(IS_WAITING), Delivery.partner_id, scope)
    counted = waiting.limit(COUNT_LIMIT + 1).subquery()
    statement = select(counted.c.state, func.count()).group_by(counted.c.state)
    found: dict[DeliveryState, int] = dict(session.execute(statement).all())
    is_capped = sum(found.values()) > COUNT_LIMIT
    return QueueCounts(found, capped=WAITING_STATES if is_capped else frozenset())


def _counts_of_all(session: Session) -> QueueCounts:
    states = sorted(WAITING_STATES)
    numbers = session.execute(select(*map(_number_in, states))).one()
    found = {state: number for state, number in zip(states, numbers, strict=True) if number}
    return QueueCounts(
        {state: min(number, COUNT_LIMIT) for state, number in found.items()},
        capped=frozenset(state for state, number in found.items() if number > COUNT_LIMIT),
    )


def _number_in(state: DeliveryState) -> ScalarSelect[int]:
    is_in_it = Delivery.state.between(state, state)  # SQLite would take the IN instead of `=`
    some = select(Delivery.id).where(IS_WAITING, is_in_it).limit(COUNT_LIMIT + 1)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def waiting_count(session: Session, scope: Scope, *, limit: int = 10_000) -> int:
    """How many deliveries have not ended, counted up to `limit` and from the index alone."""
    return (
        session.scalar(
            select(func.count()).select_from(_waiting_ids(scope).limit(limit).subquery())
        )
        or 0
    )


def matching_ids(
    session: Session, scope: Scope, *, wanted: QueueFilter, batch: int
) -> Iterator[list[int]]:
    """The ids of all that match, in batches from the newest down; each batch is read when due."""
    statement = matching(scope, wanted)
    last: int | None = None
    while True:
        further = statement if last is None else statement.where(Delivery.id < last)
        ids = list(session.scalars(further.order_by(Delivery.id.desc()).limit(batch)))
        if not ids:
            return
        last = ids[-1]
        yield ids


def matching(scope: Scope, wanted: QueueFilter) -> AnySelect:
    """The statement for the ids of all that match, in no order."""
    return _narrowed(_waiting_ids(narrowed(scope, wanted.owner)), wanted)


def _waiting_ids(scope: Scope) -> Select[int]:
    return within(select(Delivery.id).where(IS_WAITING), Delivery.partner_id, scope)


def _rows() -> AnySelect:
    return (
        select(
            Delivery.id,
            Delivery.message_id,
            Delivery.recipient,
            Message.subject,
            Delivery.stream,
            Partner.name.label("partner_name"),
            Delivery.state,
            Delivery.attempts,
            Delivery.created_at,
            Delivery.last_attempt_at,
            Delivery.next_attempt_at,
            Delivery.rule,
            Delivery.said,
            Provider.partner_id.label("provider_partner_id"),
        )
        .join(Message, Message.id == Delivery.message_id)
        .outerjoin(Partner, Partner.id == Delivery.partner_id)
        .outerjoin(Provider, Provider.id == Delivery.provider_id)
        .where(IS_WAITING)
    )


def _narrowed(statement: AnySelect, wanted: QueueFilter) -> AnySelect:
    if wanted.state is not None:
        statement = statement.where(Delivery.state == wanted.state)
    if wanted.stream is not None:
        statement = statement.where(Delivery.stream == wanted.stream)
    if wanted.recipient:
        statement = statement.where(recipient_starts(wanted.recipient))
    return statement


def _row(row: AnyRow) -> QueueRow:
    return QueueRow(**row._asdict())

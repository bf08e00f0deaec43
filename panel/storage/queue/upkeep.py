"""What time does to waiting deliveries: they expire, and unconfirmed ones are decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Select, TextClause, Update, select, update

from panel.domain.delivery import DeliveryState, Stream, StreamPolicy, UnconfirmedPolicy
from panel.domain.ruling import Choice
from panel.storage.database import Session
from panel.storage.models import Delivery, Provider
from panel.storage.models.delivery import IS_BOUND_COPY, IS_DUE, IS_UNCONFIRMED
from panel.storage.queries.policies import stream_policies
from panel.storage.queue.ruling_terms import is_provider_present
from panel.storage.queue.rulings import Moved, Wish, note
from panel.storage.queue.timekeeping import Gap

MOST_COPIES = 1
"""How often a mail is sent again by itself; if that answer is lost too, a person decides."""
COPY_UNCONFIRMED = "copy_unconfirmed"
COPY_TOO_LATE = "copy_too_late"
PROVIDER_GONE = "copy_without_provider"
NO_GAP = Gap()
_BATCH = 500
_UNSYNCHRONISED = {"synchronize_session": False}
Term = ColumnElement[bool] | TextClause


def expire(session: Session, *, now: datetime, gap: Gap = NO_GAP) -> int:
    """Ends up to 500 waiting deliveries whose time is over, keeping their last reason.

    The time of a `gap` counts for none that was there before it.

    What waits to go out a second time may have arrived the first time: it is unconfirmed again.
    """
    ids = _ids(session, select(Delivery.id).where(IS_DUE, gap.is_over(now)))
    _to_people(session, ids, IS_DUE, Delivery.copies > 0, rule=COPY_TOO_LATE)
    expired = _moving(ids, IS_DUE).values(
        state=DeliveryState.EXPIRED, ended_at=now, next_attempt_at=None
    )
    session.execute(expired, execution_options=_UNSYNCHRONISED)
    return len(ids)


def decide_unconfirmed(session: Session, *, now: datetime) -> int:
    """Applies the policies of the streams to up to 500 deliveries whose delay has passed.

    Copies whose only provider went away while they waited are left to people as well.
    """
    freed = _free_bound_copies(session)
    due = select(Delivery.id).where(IS_UNCONFIRMED, Delivery.next_attempt_at <= now)
    ids = _ids(session, due)
    if not ids:
        return freed
    policies = stream_policies(session)
    _resend(session, ids, _streams(policies, UnconfirmedPolicy.RESEND), now=now)
    _assume_sent(session, ids, _streams(policies, UnconfirmedPolicy.ASSUME_SENT), now=now)
    # What no policy has moved waits for a decision, however long it takes.
    _to_people(session, ids, *_UNDECIDED)
    return freed + len(ids)


_UNDECIDED: tuple[Term, ...] = (IS_UNCONFIRMED, Delivery.next_attempt_at.is_not(None))


def _streams(
    policies: Mapping[Stream, StreamPolicy], wanted: UnconfirmedPolicy
) -> ColumnElement[bool]:
    return Delivery.stream.in_(
        [stream for stream, policy in policies.items() if policy.unconfirmed is wanted]
    )


def _resend(
    session: Session, ids: list[int], streams: ColumnElement[bool], *, now: datetime
) -> None:
    """Queues them again, marked as a second copy, at the provider that may have it already."""
    mine = (streams, *_UNDECIDED)
    # Too late to be sent, but it may have arrived: that is not for us to call expired.
    _to_people(session, ids, *mine, Delivery.expires_at <= now, rule=COPY_TOO_LATE)
    _to_people(session, ids, *mine, Delivery.copies >= MOST_COPIES, rule=COPY_UNCONFIRMED)
    _to_people(session, ids, *mine, ~is_provider_present(), rule=PROVIDER_GONE)
    queued = _moving(ids, *mine).values(
        state=DeliveryState.QUEUED,
        next_attempt_at=now,
        copies=Delivery.copies + 1,
        sticky_provider_id=Delivery.provider_id,
    )
    _decide(session, queued, Wish(Choice.SEND_AGAIN, actor="", at=now))


def _assume_sent(
    session: Session, ids: list[int], streams: ColumnElement[bool], *, now: datetime
) -> None:
    sent = _moving(ids, streams, *_UNDECIDED).values(
        state=DeliveryState.SENT, ended_at=now, next_attempt_at=None
    )
    _decide(session, sent, Wish(Choice.COUNT_AS_SENT, actor="", at=now))


def _decide(session: Session, statement: Update, wish: Wish) -> None:
    moved = session.scalars(
        statement.returning(Delivery.id), execution_options=_UNSYNCHRONISED
    ).all()
    note(session, wish, [Moved(id_, DeliveryState.UNCONFIRMED) for id_ in moved])


def _free_bound_copies(session: Session) -> int:
    gone = select(Provider.id).where(~Provider.is_active | Provider.deleted_at.is_not(None))
    bound = select(Delivery.id).where(IS_BOUND_COPY, Delivery.sticky_provider_id.in_(gone))
    ids = _ids(session, bound)
    _to_people(session, ids, IS_BOUND_COPY, rule=PROVIDER_GONE)
    return len(ids)


def _to_people(session: Session, ids: list[int], *terms: Term, rule: str | None = None) -> None:
    """Leaves them to a person's decision; `rule` says why no policy makes it."""
    values = {"state": DeliveryState.UNCONFIRMED, "next_attempt_at": None}
    session.execute(
        _moving(ids, *terms).values(**values, **({"rule": rule} if rule else {})),
        execution_options=_UNSYNCHRONISED,
    )


def _moving(ids: list[int], *terms: Term) -> Update:
    return update(Delivery).where(Delivery.id.in_(ids), *terms)


def _ids(session: Session, statement: Select[int]) -> list[int]:
    locked = statement.limit(_BATCH).with_for_update(skip_locked=True, key_share=True)
    return list(session.scalars(locked))

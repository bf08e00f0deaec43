"""The rules of the streams: what the organisation keeps of its own, over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from panel.domain.delivery import POLICIES, Stream, StreamPolicy
from panel.storage.models import OwnPolicy
from panel.storage.queue.statement import Statement

T = TypeVar("T")
_OWN_LIVES = Statement(
    "SELECT stream, expires_after_s FROM stream_policies WHERE expires_after_s IS NOT NULL"
)


def stream_policies(session: Session) -> Mapping[Stream, StreamPolicy]:
    """What holds for every stream at this moment."""
    own = {row.stream: row for row in session.scalars(select(OwnPolicy))}
    return {
        stream: _over(policy, own[stream]) if stream in own else policy
        for stream, policy in POLICIES.items()
    }


def own_lives(connection: Connection) -> Mapping[Stream, timedelta]:
    """How long mail is tried on the streams where the default does not say it."""
    rows = _OWN_LIVES.rows_on(connection)
    return {Stream(stream): timedelta(seconds=seconds) for stream, seconds in rows}


def hold_policies(session: Session) -> None:
    """Lets two people who change the rules take turns; on SQLite the session must write."""
    if session.get_bind().dialect.name == "postgresql":
        # Readers, the workers among them, are not kept waiting by this.
        session.execute(text("LOCK TABLE stream_policies IN SHARE ROW EXCLUSIVE MODE"))


def store_policy(session: Session, stream: Stream, policy: StreamPolicy) -> None:
    """Keeps what differs from the default, and nothing when all is the same."""
    own = session.get(OwnPolicy, stream)
    if policy == POLICIES[stream]:
        if own is not None:
            session.delete(own)
        return
    if own is None:
        own = OwnPolicy(stream=stream)
        session.add(own)
    default = POLICIES[stream]
    own.unconfirmed = _own(policy.unconfirmed, default.unconfirmed)
    own.unconfirmed_delay_s = _own(
        _whole(policy.unconfirmed_delay), _whole(default.unconfirmed_delay)
    )
    own.expires_after_s = _own(_whole(policy.expires_after), _whole(default.expires_after))
    own.schedule_s = _own(
        [_whole(delay) for delay in policy.schedule], [_whole(delay) for delay in default.schedule]
    )


def _over(default: StreamPolicy, own: OwnPolicy) -> StreamPolicy:
    return StreamPolicy(
        unconfirmed=own.unconfirmed or default.unconfirmed,
        unconfirmed_delay=_seconds(own.unconfirmed_delay_s, default.unconfirmed_delay),
        expires_after=_seconds(own.expires_after_s, default.expires_after),
        schedule=(
            tuple(timedelta(seconds=delay) for delay in own.schedule_s)
            if own.schedule_s
            else default.schedule
        ),
    )


def _seconds(own: int | None, default: timedelta) -> timedelta:
    return default if own is None else timedelta(seconds=own)


def _own(value: T, default: T) -> T | None:
    return None if value == default else value


def _whole(delay: timedelta) -> int:
    return int(delay.total_seconds())

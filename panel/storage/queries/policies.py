"""The rules of the streams: the organisation's own over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from panel.domain.delivery import POLICIES, Stream, StreamPolicy
from panel.storage.models import OwnPolicy


def stream_policies(session: Session) -> Mapping[Stream, StreamPolicy]:
    """What holds for every stream at this moment."""
    own = {row.stream: row for row in session.scalars(select(OwnPolicy))}
    return {
        stream: _over(policy, own[stream]) if stream in own else policy
        for stream, policy in POLICIES.items()
    }


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

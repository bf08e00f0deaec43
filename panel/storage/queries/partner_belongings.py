"""What hangs on a partner: its servers, its people, its applications, and its mail that waits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from panel.domain.breaker import BreakerState
from panel.storage.models import (
    Application,
    Delivery,
    Provider,
    ProviderHealth,
    User,
    UserSession,
)
from panel.storage.models.delivery import IS_WAITING
from panel.storage.queries.sessions import end_sessions
from panel.storage.queries.users import removed_email, void_links

MOST_COUNTED = 10_000
"""Counts of mail stop here."""
MOST_SHOWN = 200
"""People and applications of a partner that a page shows, the newest first."""
_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Belongings:
    """How much there is of what is concerned when a partner is disabled or deleted."""

    waiting: int
    """Deliveries that have not ended, at most `MOST_COUNTED`."""
    users: int
    applications: int
    """Those that were not revoked."""
    servers: int

    @property
    def is_capped(self) -> bool:
        """There may be more mail."""
        return self.waiting == MOST_COUNTED


@dataclass(frozen=True, slots=True)
class ServerStanding:
    """One server of a partner, as far as lists tell of it."""

    partner_id: int
    is_active: bool
    breaker: BreakerState


def belongings(session: Session, partner_id: int) -> Belongings:
    """How much of everything there is now."""
    waiting = select(Delivery.id).where(Delivery.partner_id == partner_id, IS_WAITING)
    counted = waiting.limit(MOST_COUNTED).subquery()
    users = select(func.count()).where(_is_present(partner_id))
    applications = select(func.count()).where(
        Application.partner_id == partner_id, Application.revoked_at.is_(None)
    )
    servers = select(func.count()).where(
        Provider.partner_id == partner_id, Provider.deleted_at.is_(None)
    )
    return Belongings(
        waiting=session.scalar(select(func.count()).select_from(counted)) or 0,
        users=session.scalar(users) or 0,
        applications=session.scalar(applications) or 0,
        servers=session.scalar(servers) or 0,
    )


def standings(session: Session, partner_ids: Collection[int]) -> list[ServerStanding]:
    """The servers of these partners."""
    rows = session.execute(
        select(Provider.partner_id, Provider.is_active, ProviderHealth.state)
        .outerjoin(ProviderHealth, ProviderHealth.provider_id == Provider.id)
        .where(Provider.partner_id.in_(partner_ids), Provider.deleted_at.is_(None))
    )
    return [
        ServerStanding(partner_id, is_active, state or BreakerState.CLOSED)
        for partner_id, is_active, state in rows
        if partner_id is not None
    ]


def waiting_ids(session: Session, partner_id: int, *, beyond: int, limit: int) -> Sequence[int]:
    """Ids above `beyond` of the mail that has not ended, in their order."""
    return session.scalars(
        select(Delivery.id)
        .where(Delivery.partner_id == partner_id, Delivery.id > beyond, IS_WAITING)
        .order_by(Delivery.id)
        .limit(limit)
    ).all()


def people(session: Session, partner_id: int) -> Sequence[User]:
    """Who may sign in for the partner, the newest first."""
    statement = select(User).where(_is_present(partner_id)).order_by(User.id.desc())
    return session.scalars(statement.limit(MOST_SHOWN)).all()


def all_people(session: Session, partner_id: int) -> Sequence[User]:
    """The same without a limit."""
    return session.scalars(select(User).where(_is_present(partner_id))).all()


def person(session: Session, partner_id: int, user_id: int) -> User | None:
    """One of the partner's people."""
    statement = select(User).where(User.id == user_id, _is_present(partner_id))
    return session.scalar(statement, execution_options={"populate_existing": True})


def applications(session: Session, partner_id: int) -> Sequence[Application]:
    """The partner's applications, revoked ones included, the newest first."""
    statement = select(Application).where(Application.partner_id == partner_id)
    return session.scalars(statement.order_by(Application.id.desc()).limit(MOST_SHOWN)).all()


def application(session: Session, partner_id: int, application_id: int) -> Application | None:
    """One of the partner's applications."""
    return session.scalar(
        select(Application).where(
            Application.id == application_id, Application.partner_id == partner_id
        )
    )


def revoke_all(session: Session, partner_id: int, *, now: datetime) -> Sequence[int]:
    """Revokes what was not revoked yet; the ids of those."""
    return session.scalars(
        update(Application)
        .where(Application.partner_id == partner_id, Application.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(Application.id)
    ).all()


def end_all_sessions(session: Session, partner_id: int, *, now: datetime) -> None:
    """Signs out all of the partner's people."""
    of_partner = select(User.id).where(User.partner_id == partner_id)
    session.execute(
        update(UserSession)
        .where(UserSession.user_id.in_(of_partner), UserSession.ended_at.is_(None))
        .values(ended_at=now),
        execution_options=_PLAIN,
    )


def remove_people(session: Session, people: Iterable[User], *, now: datetime) -> None:
    """Makes tombstones of people: nobody can sign in, and their addresses are free."""
    for user in people:
        user.email = removed_email(user.email, user.id)
        user.is_enabled, user.password_hash = False, None
        user.deleted_at = now
        end_sessions(session, user.id, now=now)
        void_links(session, user.id, now=now)


def _is_present(partner_id: int) -> ColumnElement[bool]:
    return (User.partner_id == partner_id) & User.deleted_at.is_(None)

"""Jobs on the queue, and people who may ask for them."""

from typing import Any

from sqlalchemy import func, select

from panel.domain.permission import Actor, Role, user_actor
from panel.domain.queue_job import QueueAct
from panel.storage.database import Session
from panel.storage.models import Delivery, QueueJob, User
from tests.factories.moments import NOON
from tests.factories.people import a_user


def an_actor(user: User) -> Actor:
    """The user, signed in."""
    return user_actor(
        user_id=user.id,
        email=user.email,
        role=user.role,
        partner_id=user.partner_id,
        session_id=1,
        language="en",
        address="192.0.2.1",
        may_read_bodies=False,
    )


def a_job(session: Session, user: User | None = None, **overrides: Any) -> QueueJob:
    """A job that nobody has begun: all that is in the queue now is to be cancelled."""
    user = user or a_user(session, Role.SUPPORT)
    session.flush()
    values: dict[str, Any] = {
        "act": QueueAct.CANCEL,
        "wanted": {},
        "actor": user.email,
        "user_id": user.id,
        "partner_id": user.partner_id if user.role is Role.PARTNER_ADMIN else None,
        "newest_id": session.scalar(select(func.max(Delivery.id))) or 0,
        "newest_at": NOON,
        "asked_at": NOON,
        "worked_at": NOON,
    }
    job = QueueJob(**(values | overrides))
    session.add(job)
    session.commit()
    return job

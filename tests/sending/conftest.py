"""Rounds of a worker over real servers, without the rest of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from panel.domain.delivery import Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending import queue_jobs
from panel.sending.desk import Desk
from panel.sending.dispatch import Dispatch
from panel.sending.submit import submit
from panel.storage.database import Session
from panel.storage.models import Worker
from panel.storage.queue import leases
from tests.factories.mail import a_delivery, a_message
from tests.sending.surroundings import RememberingDesk, a_desk, a_snapshot
from tests.sending.working import ME, OTHER
from tests.storage.queue.holding import TOKEN, WORKER, a_worker_row, take

HOUR = timedelta(hours=1)


@pytest.fixture
def clock():
    """The present: rounds work by the clock."""
    return datetime.now(UTC)


@pytest.fixture
def rounds(engine, session, vault, clock):
    """Claims everything that is due and carries it, one round for each message."""

    def rounds(
        meanwhile: Callable[[Any], Awaitable[None]] | None = None,
        *,
        make_desk: type[Desk] = Desk,
        connections: int = 10,
    ) -> None:
        session.commit()
        if session.get(Worker, WORKER) is None:
            a_worker_row(session, now=clock)
        messages = take(session, now=clock)
        snapshot = a_snapshot(session, vault)

        async def run() -> None:
            async with a_desk(
                engine, snapshot, make_desk=make_desk, connections=connections
            ) as desk:
                if isinstance(desk, RememberingDesk):
                    desk.snapshot = snapshot
                going = [Dispatch(desk, message, TOKEN).run() for message in messages]
                await asyncio.gather(*going, *([meanwhile(desk)] if meanwhile else []))

        asyncio.run(run())

    return rounds


@pytest.fixture
def mail(session, clock):
    """Makes a due delivery that lives for a day; further recipients by name."""

    def mail(*recipients: str, message: dict[str, Any] | None = None, **overrides: Any) -> int:
        made = a_message(session, created_at=clock, **(message or {}))
        values = {"expires_at": clock + timedelta(days=1)} | overrides
        first, *_ = [
            a_delivery(session, made, recipient=recipient, **values).id
            for recipient in recipients or ("kim@contoso.test",)
        ]
        return first

    return mail


@pytest.fixture
def accept(session):
    """Submits a mail, commits, and gives the ids of its deliveries."""

    def accept(*recipients: str, at: datetime | None = None, **overrides) -> list[int]:
        values = {
            "stream": Stream.SYSTEM,
            "to": tuple(Mailbox(item) for item in recipients or ("kim@contoso.test",)),
            "subject": "Your code",
            "source": "api",
            "text": "It is 4711.",
        }
        mail = Submission(**(values | overrides))
        accepted = submit(session, mail, now=at or datetime.now(UTC))
        session.commit()
        return [item.id for item in accepted.deliveries]

    return accept


@pytest.fixture
def often(monkeypatch):
    """Caretakers come round every few milliseconds."""
    monkeypatch.setattr(leases, "RENEWAL_S", 0.05)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs on the queue go on by two deliveries at a time."""
    monkeypatch.setattr(queue_jobs, "BATCH", 2)


@pytest.fixture
def workers(session: Session) -> None:
    """Two workers that are alive."""
    for worker_id in (ME, OTHER):
        a_worker_row(session, worker_id)

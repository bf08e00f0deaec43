"""A worker is killed while mail follows a clock that was set; each mail follows exactly once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.storage.models import ClockJump, Delivery, RunningClock
from tests.factories.mail import a_message
from tests.kit.patience import until

MAILS = 8000
DAY, YEARS = timedelta(days=1), timedelta(days=3660)
NOTHING = {"lived_us": 0, "gap_us": 0, "gap_until_id": 0, "gap_lived_us": 0}


def by_a_clock_ahead(session) -> datetime:
    """Mail that waits for tomorrow, which workers took in by a clock ten years ahead."""
    ahead = datetime.now(UTC) + YEARS
    message = a_message(session, stream=Stream.CRM, created_at=ahead)
    row = {
        "message_id": message.id,
        "stream": Stream.CRM,
        "flow": flow_id(Stream.CRM, None),
        "recipient": "kim@contoso.test",
        "state": DeliveryState.QUEUED,
        "created_at": ahead,
        "next_attempt_at": ahead + DAY,
        "expires_at": ahead + 2 * DAY,
    }
    session.execute(insert(Delivery), [row] * MAILS)
    session.add(RunningClock(id=1, seen_at=ahead, **NOTHING))
    session.commit()
    return ahead - YEARS


def followed(session, now) -> tuple[int, int]:
    """How many of them have followed with both times, and how many with one."""
    hour = timedelta(hours=1)  # in which the worker has started
    due = Delivery.next_attempt_at.between(now + DAY, now + DAY + hour)
    over = Delivery.expires_at.between(now + 2 * DAY, now + 2 * DAY + hour)
    counts = [select(func.count()).where(due & over), select(func.count()).where(due != over)]
    both, one = (session.scalar(statement) or 0 for statement in counts)
    session.rollback()
    return both, one


def done_id(session) -> int | None:
    found = session.scalar(select(ClockJump.done_id))
    session.rollback()
    return found


def test_mail_follows_exactly_once_though_the_worker_is_killed_and_other_mail_is_sent(
    session, scene
):
    now = by_a_clock_ahead(session)
    worker = scene.worker()
    until(lambda: followed(session, now)[0] > 0)
    worker.kill()

    both, one = followed(session, now)
    assert 0 < both < MAILS, "It was over before the worker was killed."
    assert one == 0
    assert both == session.scalar(select(func.count()).where(Delivery.id <= done_id(session)))
    session.rollback()
    scene.provider("house")
    scene.intake.put(scene.engine, Stream.SYSTEM, 5)
    scene.worker()
    until(lambda: done_id(session) is None)

    assert followed(session, now) == (MAILS, 0)
    until(lambda: scene.count(Delivery.state == DeliveryState.SENT) == 5)

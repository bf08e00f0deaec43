"""When a clock is set by years before a worker's eyes, waiting mail keeps the time it has left."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from panel.domain.delivery import DeliveryState
from panel.sending.upkeep import tidy
from panel.storage.database import session_for
from panel.storage.models import Delivery
from panel.storage.queue.clock_jumps import LEAST, is_under_way, move, note
from panel.storage.queue.mistimed import make_due
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.kit.plans import is_sqlite
from tests.storage.queue.holding import row, take
from tests.storage.queue.test_timekeeping import DAY, HOUR, NOTHING, YEARS, process

__all__ = ["process"]

JUMPS = [YEARS, -YEARS, LEAST, -LEAST]


@pytest.fixture
def mail(session):
    """Makes a mail that came in a moment ago by a clock that is wrong by so much."""

    def mail(wrong_by=NOTHING, *, at=NOON, due_in=NOTHING, lives=DAY, **overrides):
        stamp = at + wrong_by
        times = {"next_attempt_at": stamp + due_in, "expires_at": stamp + due_in + lives}
        made = a_delivery(session, created_at=stamp, **times, **overrides).id
        session.commit()
        return made

    return mail


def times(session, identifier):
    """When it is due and when it expires."""
    found = row(session, identifier)
    return found.next_attempt_at, found.expires_at


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("due_in", [NOTHING, 300 * DAY])
def test_times_follow_a_clock_that_is_set_and_come_back_with_it(
    session, process, mail, jump, due_in
):
    worker, waiting = process(), mail(due_in=due_in)
    first = times(session, waiting)

    worker.looks(NOON + HOUR, wrong_by=jump)
    assert times(session, waiting) == tuple(at + jump for at in first)

    worker.looks(NOON + 2 * HOUR)
    assert times(session, waiting) == first


@pytest.mark.parametrize("jump", JUMPS)
def test_mail_that_has_followed_still_waits_for_its_time(session, process, mail, jump):
    """It is not taken for mail that came in by a clock ahead and is due at once."""
    worker, waiting = process(), mail(due_in=DAY)
    worker.looks(NOON + HOUR, wrong_by=jump)
    followed = times(session, waiting)

    assert make_due(session, now=NOON + HOUR + jump) == 0

    assert times(session, waiting) == followed
    assert row(session, waiting).created_at == NOON + jump


@pytest.mark.parametrize("jump", JUMPS)
def test_mail_that_came_in_by_the_new_clock_is_left_until_that_is_set_right(
    session, process, mail, jump
):
    worker = process()
    new = mail(jump, at=NOON + HOUR)
    first = times(session, new)

    worker.looks(NOON + HOUR, wrong_by=jump)
    assert times(session, new) == first

    worker.looks(NOON + 2 * HOUR)
    assert times(session, new) == tuple(at - jump for at in first)


def test_several_workers_follow_a_jump_once(session, process, mail):
    one, other = process(), process()
    waiting = mail()

    one.looks(NOON + HOUR, wrong_by=YEARS), other.looks(NOON + HOUR, wrong_by=YEARS)

    assert times(session, waiting) == (NOON + YEARS, NOON + DAY + YEARS)


def test_a_short_jump_moves_no_times(session, process, mail):
    worker, waiting = process(), mail()

    worker.looks(NOON + HOUR, wrong_by=LEAST - DAY)

    assert times(session, waiting) == (NOON, NOON + DAY)


def test_years_in_which_nobody_worked_move_no_times(session, process, mail):
    process()
    waiting = mail()

    process(NOON + YEARS)

    assert times(session, waiting) == (NOON, NOON + DAY)


def test_a_worker_that_starts_by_a_clock_years_behind_moves_times_as_well(session, process, mail):
    """That time has gone back needs no witness."""
    process()
    waiting = mail()

    worker = process(NOON, wrong_by=-YEARS)
    assert times(session, waiting) == (NOON - YEARS, NOON + DAY - YEARS)

    worker.looks(NOON + 2 * HOUR)
    assert times(session, waiting) == (NOON, NOON + DAY)


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.EXPIRED])
def test_what_has_ended_keeps_its_times(session, process, mail, state):
    worker, over = process(), mail(state=state)

    worker.looks(NOON + HOUR, wrong_by=YEARS)

    assert times(session, over) == (NOON, NOON + timedelta(days=1))


def test_mail_follows_in_portions_and_one_that_somebody_changes_is_waited_for(
    session, engine, mail
):
    made = [mail() for _ in range(5)]
    note(session, YEARS, now=NOON + YEARS)
    session.commit()
    followed = (NOON + YEARS, NOON + DAY + YEARS)

    assert portion(session, most=2) == 2
    assert [times(session, one) == followed for one in made] == [True] * 2 + [False] * 3
    if not is_sqlite(session):
        with session_for(engine) as other:
            other.execute(select(Delivery).where(Delivery.id == made[3]).with_for_update())
            assert portion(session, most=3) == 3  # as far as the one before it
            assert portion(session, most=3) == 0
        assert times(session, made[3]) == (NOON, NOON + DAY)
    while portion(session, most=2):
        continue
    assert [times(session, one) for one in made] == [followed] * 5
    assert not is_under_way(session)


def test_jumps_are_followed_one_after_the_other_also_half_way(session, mail):
    made = [mail() for _ in range(5)]
    note(session, YEARS, now=NOON + YEARS)
    assert portion(session, most=3) == 3
    note(session, -YEARS - HOUR, now=NOON - HOUR)

    while portion(session, most=2):
        continue

    assert [times(session, one) for one in made] == [(NOON - HOUR, NOON + DAY - HOUR)] * 5


@pytest.mark.parametrize("jump", [YEARS, -YEARS])
def test_nothing_is_claimed_ends_or_is_decided_before_it_has_followed(session, mail, jump):
    waiting = mail(due_in=DAY)
    doubtful = mail(due_in=DAY, state=DeliveryState.UNCONFIRMED)
    note(session, jump, now=NOON + jump)
    session.commit()

    tidy(session.get_bind(), now=NOON + jump)

    assert take(session, now=NOON + jump) == ()
    assert row(session, waiting).state is DeliveryState.QUEUED
    assert row(session, doubtful).state is DeliveryState.UNCONFIRMED


def portion(session, *, most):
    moved = move(session, most=most)
    session.commit()
    return moved

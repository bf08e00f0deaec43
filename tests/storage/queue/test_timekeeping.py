"""Time counts as lived through only when some process saw it pass, whatever the clock says."""

from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState
from panel.storage.queue import timekeeping
from panel.storage.queue.clock_jumps import move
from panel.storage.queue.timekeeping import TOLERANCE, Gap, Witness, keep
from panel.storage.queue.upkeep import expire
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.storage.queue.holding import at_once, row

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEARS = timedelta(days=3660)
NOTHING = timedelta()


class Process:
    """A worker: its running clock is right from its start on, whatever the time of day says."""

    def __init__(self, session, started_at):
        self._session = session
        self._witness = Witness()
        self._started_at = started_at

    def looks(self, at, *, wrong_by=NOTHING):
        """At that moment; the clock says something else. The length of the gap."""
        at_s = (at - self._started_at).total_seconds()
        gap = keep(self._session, self._witness, now=at + wrong_by, at_s=at_s)
        self._session.commit()
        while move(self._session, most=2):
            self._session.commit()
        self._session.commit()
        return gap.length


@pytest.fixture
def process(session):
    """Starts a process; it has looked once."""

    def process(at=NOON, *, wrong_by=NOTHING):
        made = Process(session, at)
        made.looks(at, wrong_by=wrong_by)
        return made

    return process


def gap(session):
    """The length of the gap that was noted."""
    return timekeeping.gap(session).length


def test_time_that_a_process_saw_pass_is_no_gap(process):
    worker = process()

    assert {worker.looks(NOON + DAY * days) for days in range(1, 4)} == {NOTHING}


def test_a_short_time_without_processes_is_no_gap(session, process):
    process(NOON)
    process(NOON + TOLERANCE / 2)

    assert gap(session) == NOTHING


def test_time_that_nobody_saw_pass_is_a_gap(session, process):
    process(NOON)
    process(NOON + DAY)

    assert gap(session) == DAY


def test_a_clock_that_is_set_ahead_while_a_process_looks_makes_a_gap(process):
    worker = process()
    worker.looks(NOON + HOUR)

    assert worker.looks(NOON + 2 * HOUR, wrong_by=DAY) == DAY
    assert worker.looks(NOON + 3 * HOUR, wrong_by=DAY) == DAY


def test_a_clock_that_is_set_right_again_takes_the_gap_away(process):
    worker = process()
    worker.looks(NOON + HOUR, wrong_by=DAY)

    assert worker.looks(NOON + 2 * HOUR) == NOTHING


def test_a_process_that_starts_by_a_wrong_clock_and_ends_leaves_nothing(session, process):
    process(NOON)
    process(NOON + MINUTE, wrong_by=YEARS)
    assert gap(session) == YEARS + MINUTE

    process(NOON + 2 * MINUTE)

    assert gap(session) == NOTHING


def test_a_clock_that_is_set_back_makes_no_gap_until_it_is_right_again(process):
    worker = process()

    assert worker.looks(NOON + HOUR, wrong_by=-DAY) == NOTHING
    assert worker.looks(NOON + 2 * HOUR) == DAY


def test_several_processes_see_one_jump_once(process):
    one, other = process(), process()
    one.looks(NOON + HOUR), other.looks(NOON + HOUR + MINUTE)

    assert one.looks(NOON + 2 * HOUR, wrong_by=DAY) == DAY
    assert other.looks(NOON + 2 * HOUR + MINUTE, wrong_by=DAY) == DAY


def test_what_one_process_saw_pass_counts_for_the_other(process):
    watching = process()
    process(NOON + MINUTE)

    assert watching.looks(NOON + DAY) == NOTHING
    assert process(NOON + DAY + MINUTE).looks(NOON + DAY + 2 * MINUTE) == NOTHING


def test_the_first_process_of_all_goes_by_the_newest_mail(session, process):
    a_delivery(session, created_at=NOON)
    session.commit()

    process(NOON + MINUTE, wrong_by=YEARS)

    assert gap(session) == YEARS + MINUTE


def test_mail_from_before_a_gap_gets_its_time_added_and_later_mail_does_not(session, process):
    process(NOON)
    before = a_delivery(session, expires_at=NOON + HOUR).id
    session.commit()
    worker = process(NOON + DAY)
    after = a_delivery(session, expires_at=NOON + DAY + HOUR).id
    session.commit()

    assert ended(session, NOON + DAY) == 0
    assert ended(session, NOON + DAY + HOUR) == 2
    assert worker.looks(NOON + DAY + HOUR) == DAY
    assert {row(session, item).state for item in (before, after)} == {DeliveryState.EXPIRED}


def test_a_gap_is_forgotten_when_nothing_is_left_from_before_it(session, process):
    process(NOON)
    waiting = a_delivery(session, expires_at=NOON + 400 * DAY)
    session.commit()
    worker = process(NOON + DAY)

    assert worker.looks(NOON + 29 * DAY) == DAY
    assert worker.looks(NOON + 32 * DAY) == DAY
    waiting.state = DeliveryState.SENT
    session.commit()
    assert worker.looks(NOON + 33 * DAY) == NOTHING


@pytest.mark.parametrize("age", [MINUTE, 2 * DAY])
def test_mail_of_a_clock_years_behind_counts_as_if_its_last_came_in_just_now(session, process, age):
    """It keeps what it had left by that clock; what came in by the right clock stays."""
    worker = process()
    behind, right = NOON - YEARS, NOON + HOUR
    first = a_delivery(session, created_at=behind, expires_at=behind + DAY).id
    last = a_delivery(session, created_at=behind + age, expires_at=behind + age + DAY).id
    other = a_delivery(session, created_at=right, expires_at=right + DAY).id
    session.commit()

    worker.looks(right)

    assert row(session, first).expires_at == right + DAY - age
    assert row(session, last).expires_at == row(session, other).expires_at == right + DAY
    assert row(session, other).next_attempt_at == NOON
    worker.looks(right + MINUTE)
    assert row(session, last).expires_at == right + DAY


def test_mail_that_waits_since_years_that_nobody_saw_is_none_of_a_clock_behind(session, process):
    process()
    waiting = a_delivery(session, created_at=NOON, expires_at=NOON + DAY).id
    session.commit()

    process(NOON + YEARS)

    assert row(session, waiting).expires_at == NOON + DAY


def test_a_first_process_lets_mail_follow_from_a_time_without_postroom(session, process):
    """Nobody saw the clock being set; it was wrong before all the same."""
    behind = NOON - YEARS
    waiting = a_delivery(session, created_at=behind, expires_at=behind + DAY).id
    session.commit()

    process()

    assert row(session, waiting).expires_at == NOON + DAY
    assert gap(session) == NOTHING


def test_processes_that_begin_at_the_same_time_note_one_clock(session, engine):
    act = [lambda own: keep(own, Witness(), now=NOON, at_s=0.0)] * 3

    assert at_once(engine, *act) == [Gap()] * 3


def ended(session, now):
    """How many deliveries expire at that time."""
    count = expire(session, now=now, gap=timekeeping.gap(session))
    session.commit()
    return count

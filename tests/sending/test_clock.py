"""The sender's time: the database's, and not misled when somebody sets a clock."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from panel.sending import clock as clock_module
from panel.sending.clock import Clock, clock_s

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
NEAR = timedelta(seconds=0.5)


def look(clock, *, ahead=timedelta(0)):
    """The database says that it is so much later than this machine's clock does."""
    now_s = clock_s()
    clock.look(datetime.now(UTC) + ahead, from_s=now_s, to_s=now_s)


@pytest.fixture
def clock():
    """A clock that has found the database to agree."""
    clock = Clock()
    look(clock)
    return clock


@pytest.fixture
def believe_at_once(monkeypatch):
    """No clock has to be steady for long."""
    monkeypatch.setattr(clock_module, "STEADY_S", 0.0)


def test_where_the_clocks_agree_the_own_one_is_read(clock):
    assert abs(clock.now() - datetime.now(UTC)) < NEAR
    assert clock.is_steady


def test_a_difference_too_small_to_matter_is_not_followed(clock):
    look(clock, ahead=timedelta(seconds=0.6))

    assert abs(clock.now() - datetime.now(UTC)) < NEAR
    assert clock.is_steady


@pytest.mark.parametrize("ahead", [5 * HOUR, -5 * HOUR])
def test_the_databases_time_counts_on_a_machine_that_is_wrong(ahead):
    clock = Clock()
    look(clock, ahead=ahead)

    assert abs(clock.now() - (datetime.now(UTC) + ahead)) < NEAR
    assert clock.is_steady


@pytest.mark.parametrize("jump", [YEAR, -YEAR, timedelta(seconds=5)])
def test_setting_the_own_clock_changes_nothing(clock, jump):
    before = datetime.now(UTC)

    with time_machine.travel(before + jump):
        assert abs(clock.now() - before) < timedelta(seconds=5)
        assert abs(clock.now() - datetime.now(UTC)) > timedelta(seconds=1)


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_jump_of_the_databases_clock_is_not_believed_at_once(clock, jump):
    look(clock, ahead=jump)

    assert not clock.is_steady
    assert abs(clock.now() - datetime.now(UTC)) < NEAR


def test_a_jump_that_is_taken_back_leaves_no_trace(clock):
    look(clock, ahead=YEAR)
    look(clock)

    assert clock.is_steady
    assert abs(clock.now() - datetime.now(UTC)) < NEAR


def test_a_jump_is_believed_once_the_clock_has_been_steady(clock, believe_at_once):
    look(clock, ahead=YEAR)
    assert not clock.is_steady

    look(clock, ahead=YEAR)

    assert clock.is_steady
    assert abs(clock.now() - (datetime.now(UTC) + YEAR)) < NEAR


def test_a_clock_that_jumps_again_has_to_be_steady_anew(clock, believe_at_once):
    look(clock, ahead=YEAR)
    look(clock, ahead=2 * YEAR)

    assert not clock.is_steady
    look(clock, ahead=2 * YEAR)
    assert clock.is_steady


def test_an_answer_that_took_long_is_no_jump(clock):
    """It was given at some moment of the ten seconds; nobody knows at which."""
    now_s = clock_s()

    clock.look(datetime.now(UTC) - timedelta(seconds=9), from_s=now_s - 10, to_s=now_s)

    assert clock.is_steady
    assert abs(clock.now() - datetime.now(UTC)) < NEAR


def test_a_slow_drift_is_followed(clock):
    for tenths in range(40):
        look(clock, ahead=timedelta(seconds=tenths / 10))

    assert clock.is_steady
    assert abs(clock.now() - (datetime.now(UTC) + timedelta(seconds=3.9))) < NEAR

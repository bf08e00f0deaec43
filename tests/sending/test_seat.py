"""A process that is gone is known to be gone; in doubt it lives."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from panel.sending.seat import is_gone, own_seat


@pytest.fixture
def child():
    """A process that lives until its standard input ends."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def own():
    return own_seat()


def seat_of(own, process):
    line = Path(f"/proc/{process.pid}/stat").read_text("ascii")
    return replace(own, pid=process.pid, born=int(line.rpartition(")")[2].split()[19]))


def test_a_process_knows_its_seat(own):
    assert own.pid == os.getpid()
    assert own.born > 0
    assert own.boot
    assert own_seat() == own


def test_a_process_that_runs_is_not_gone(own, child):
    assert not is_gone(own, own)
    assert not is_gone(seat_of(own, child), own)


def test_a_process_that_has_ended_is_gone(own, child):
    seat = seat_of(own, child)
    child.kill()
    child.wait()

    assert is_gone(seat, own)


def test_another_process_under_its_id_is_not_the_one(own, child):
    seat = seat_of(own, child)

    assert is_gone(replace(seat, born=seat.born + 1), own)


@pytest.mark.parametrize(
    "elsewhere",
    [{"host": "another machine"}, {"boot": "an earlier start"}, {"boot": ""}],
)
def test_elsewhere_a_process_id_tells_nothing(own, child, elsewhere):
    seat = replace(seat_of(own, child), **elsewhere)
    child.kill()
    child.wait()

    assert not is_gone(seat, own)


def test_without_a_known_beginning_the_id_decides(own, child):
    seat = replace(seat_of(own, child), born=0)

    assert not is_gone(seat, own)


def test_a_machine_that_does_not_tell_its_start_knows_of_nobody(own, child):
    blind = replace(own, boot="")
    seat = replace(seat_of(own, child), boot="")
    child.kill()
    child.wait()

    assert not is_gone(seat, blind)


def test_a_process_of_somebody_else_is_not_gone(own):
    assert not is_gone(replace(own, pid=1, born=0), own)

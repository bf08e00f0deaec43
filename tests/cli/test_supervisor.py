"""The supervisor: what died is started anew, what stands still is ended, and stopping ends."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from panel.cli import child as child_module
from panel.cli.child import LONGEST_PAUSE_S, Program, pause_s
from panel.cli.pulse import PULSE_S
from panel.cli.supervisor import INTERRUPTED, LOOK_S, Supervisor
from panel.domain.delivery import DeliveryState
from panel.storage.database import BUSY_TIMEOUT_S, Session
from panel.storage.models import Worker
from panel.storage.queue import leases
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.processes import answers
from tests.sending.surroundings import all_are
from tests.storage.queue.holding import row

START_S = 40.0
PROMPT = timedelta(seconds=2)
"""Much less than the seconds after which a worker looks though nothing woke it."""


@pytest.fixture
def workers(engine) -> Callable[[], dict[str, int]]:
    """The process ids of the workers that nobody took for dead, by their ids."""

    def workers() -> dict[str, int]:
        with Session(engine) as reader:  # A writer would keep the workers waiting on SQLite.
            rows = reader.execute(select(Worker.id, Worker.pid).where(~Worker.is_dead))
            return {row.id: row.pid for row in rows}

    return workers


@contextmanager
def supervising(*programs: Program) -> Iterator[tuple[Supervisor, list[int]]]:
    """A supervisor on a thread of its own; the list gets its exit status at the end."""
    supervisor = Supervisor(programs)
    status: list[int] = []
    thread = threading.Thread(target=lambda: status.append(supervisor.supervise()))
    thread.start()
    try:
        yield supervisor, status
    finally:
        supervisor.stop()
        thread.join(90)
        assert not thread.is_alive()


@pytest.fixture
def settings(installation, monkeypatch):
    """The children of a supervisor in this process find the test's installation."""
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)


def senders(count: int) -> list[Program]:
    """So many workers."""
    return [Program(f"worker {number}", ("worker",), has_pulse=True) for number in range(count)]


def has_ended(pid: int) -> bool:
    """Whether there is no such process any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_several_workers_share_the_mail_and_are_woken_for_it(
    installation, session, smtp_server, accept, workers
):
    a_provider(session, port=smtp_server.port)
    session.commit()
    everything = installation.everything("--workers", "3")
    until(lambda: len(workers()) == 3, timeout_s=START_S)

    identifiers = [item for _ in range(30) for item in accept()]
    until(lambda: all_are(session, identifiers, DeliveryState.SENT))
    for number in range(31, 36):
        accept()
        accepted_at = datetime.now(UTC)
        smtp_server.wait_for(number)
        assert smtp_server.mails[-1].at - accepted_at < PROMPT

    assert everything.stop() == 0
    assert workers() == {}
    assert len(smtp_server.mails) == 35


def test_all_workers_finish_what_is_on_the_wire_and_give_back_the_rest(
    installation, session, smtp_server, accept, workers
):
    a_provider(session, port=smtp_server.port)
    session.commit()
    everything = installation.everything("--workers", "2")
    until(lambda: len(workers()) == 2, timeout_s=START_S)
    smtp_server.delay("final", 2.0)
    identifiers = [item for _ in range(80) for item in accept()]
    smtp_server.wait_for(5, timeout_s=START_S)

    assert everything.stop() == 0

    states = [row(session, item).state for item in identifiers]
    assert set(states) == {DeliveryState.SENT, DeliveryState.QUEUED}
    assert states.count(DeliveryState.SENT) == len(smtp_server.mails)
    assert {row(session, item).rescues for item in identifiers} == {0}


def test_a_worker_that_stands_still_is_ended_and_replaced(settings, workers, monkeypatch):
    monkeypatch.setattr(child_module, "STANDSTILL_S", 3.0)

    with supervising(*senders(2)):
        until(lambda: len(workers()) == 2, timeout_s=START_S)
        (stopped, pid), (living, _) = workers().items()
        os.kill(pid, signal.SIGSTOP)
        until(lambda: stopped not in workers() and len(workers()) == 2, timeout_s=START_S)
        assert living in workers()
        assert has_ended(pid)

    assert workers() == {}


def test_what_a_stopped_worker_had_locked_is_free_before_others_lose_their_leases():
    """A writer waits for its turn on SQLite for longer than it takes to end who blocks it."""
    longest_s = child_module.STANDSTILL_S + PULSE_S + LOOK_S

    assert longest_s + leases.RENEWAL_S < leases.LEASE.total_seconds()
    assert longest_s < BUSY_TIMEOUT_S


def test_a_second_signal_ends_everything_at_once(settings, session, smtp_server, accept, workers):
    a_provider(session, port=smtp_server.port)
    session.commit()
    smtp_server.stall("final")

    with supervising(*senders(1)) as (supervisor, status):
        until(lambda: len(workers()) == 1, timeout_s=START_S)
        accept()
        smtp_server.wait_for(1, timeout_s=START_S)
        began_s = time.monotonic()
        supervisor.stop()
        supervisor.stop()
        until(lambda: status == [INTERRUPTED], timeout_s=10)

    assert time.monotonic() - began_s < 15
    assert all(has_ended(pid) for pid in workers().values())


def test_a_child_that_cannot_run_ends_them_all_with_its_status(settings):
    with supervising(Program("wrong", ("worker", "--no-such-option"))) as (_, status):
        until(lambda: status == [2], timeout_s=START_S)


def test_workers_end_when_the_supervisor_was_killed(installation, workers):
    everything = installation.everything("--workers", "2")
    until(lambda: len(workers()) == 2, timeout_s=START_S)
    pids = list(workers().values())

    os.kill(everything.pid, signal.SIGKILL)

    until(lambda: all(has_ended(pid) for pid in pids), timeout_s=START_S)
    until(lambda: workers() == {}, timeout_s=START_S)


def test_pauses_grow_while_lives_are_short():
    pauses_s = [pause_s(short_lives) for short_lives in range(1, 40)]

    assert pauses_s[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses_s == sorted(pauses_s)
    assert pauses_s[-1] == LONGEST_PAUSE_S


def test_a_killed_worker_is_started_anew_and_the_log_says_so(installation, workers):
    everything = installation.everything()
    ((first, pid),) = workers().items()

    os.kill(pid, signal.SIGKILL)

    said = everything.wait_for("process_ended")
    assert '"status": -9' in said
    assert '"restart_in_s"' in said
    until(lambda: len(workers()) == 1 and first not in workers(), timeout_s=START_S)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_killed_panel_answers_again_at_the_same_address(installation):
    everything = installation.everything()
    panel = next(pid for pid in everything.family if "\0web\0" in command_of(pid))

    os.kill(panel, signal.SIGKILL)

    everything.wait_for('"process": "web"')
    until(lambda: answers(f"{installation.url}/healthz"), timeout_s=START_S)
    assert everything.stop() == 0


def command_of(pid: int) -> str:
    """The command line of a process, its words apart by zero octets."""
    return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")

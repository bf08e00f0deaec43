"""After a restore no mail goes out a second time unseen."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from panel.cli import main
from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.domain.queue_job import JobState, QueueAct
from panel.storage.models import AuditEvent, Worker
from panel.storage.queue.leases import LEASE
from panel.storage.queue.restored import RESTORED
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.queue_jobs import a_job
from tests.storage.queue.holding import WORKER, a_held_delivery, a_worker_row, log_of, row

WAITING = (
    DeliveryState.QUEUED,
    DeliveryState.DEFERRED,
    DeliveryState.HELD,
    DeliveryState.UNCONFIRMED,
)
ENDED = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch, config):
    """The settings of the test's installation, as a command reads them."""
    monkeypatch.setenv("POSTROOM_INSTANCE", str(config.instance))
    monkeypatch.setenv("POSTROOM_DATABASE_URL", config.database_url)


def test_all_that_waited_is_left_to_people(session, capsys):
    waiting = [a_delivery(session, state=state).id for state in WAITING]
    ended = {state: a_delivery(session, state=state).id for state in ENDED}
    session.commit()

    assert main(["restored", "--yes"]) == 0

    assert "4 deliveries are unconfirmed now" in capsys.readouterr().out
    for identifier in waiting:
        found = row(session, identifier)
        assert (found.state, found.next_attempt_at) == (DeliveryState.UNCONFIRMED, None)
        assert found.rule == RESTORED
    assert {state: row(session, item).state for state, item in ended.items()} == {
        state: state for state in ENDED
    }
    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.after) == ("database.restored", {"deliveries": 4})


def test_job_that_was_open_is_not_carried_out_on_mail_in_doubt(session):
    a_delivery(session)
    job = a_job(session, act=QueueAct.SEND_AGAIN)

    assert main(["restored", "--yes"]) == 0

    session.rollback()
    session.expire_all()
    assert (job.state, job.ended_by) == (JobState.STOPPED, "command line")


def test_what_was_on_its_way_is_nobodys_any_more(session):
    a_worker_row(session, now=datetime.now(UTC) - 2 * LEASE)
    session.execute(select(Worker)).scalar_one().seen_at = datetime.now(UTC) - 2 * LEASE
    identifier = a_held_delivery(session, phase=Phase.CONNECTED)
    an_attempt(session, row(session, identifier), status=AttemptStatus.IN_PROGRESS)
    session.commit()

    assert main(["restored", "--yes"]) == 0

    found = row(session, identifier)
    assert (found.state, found.worker_id, found.claim_token, found.phase) == (
        DeliveryState.UNCONFIRMED,
        None,
        None,
        None,
    )
    assert [item.status for item in log_of(session, identifier)] == [AttemptStatus.FAIL]
    session.expire_all()
    assert session.get(Worker, WORKER) is None


def test_twice_is_as_good_as_once(session, capsys):
    a_delivery(session)
    session.commit()
    main(["restored", "--yes"])
    capsys.readouterr()

    assert main(["restored", "--yes"]) == 0
    assert "0 deliveries" in capsys.readouterr().out


def test_while_a_worker_is_at_work_nothing_is_changed(session, capsys):
    a_worker_row(session, now=datetime.now(UTC) - timedelta(seconds=1))
    identifier = a_delivery(session).id
    session.commit()

    assert main(["restored", "--yes"]) == 2

    assert "Stop all workers" in capsys.readouterr().err
    assert row(session, identifier).state is DeliveryState.QUEUED


def test_it_asks_whether_that_is_meant(session, capsys):
    identifier = a_delivery(session).id
    session.commit()

    assert main(["restored"]) == 2

    assert "postroom restored --yes" in capsys.readouterr().err
    assert row(session, identifier).state is DeliveryState.QUEUED

"""Workers on several machines share one PostgreSQL, and trust no clock but its own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, ProviderHealth, Worker
from tests.factories.providers import a_provider
from tests.fakes.smtp_features import Features
from tests.fakes.smtp_server import SmtpServer
from tests.kit.machines import Machines, machines, skewed
from tests.kit.patience import until
from tests.kit.ports import free_port
from tests.kit.processes import Installation, Program, installation
from tests.sending.surroundings import tried

__all__ = ["installation", "machines"]

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
HOUR = timedelta(hours=1)
AHEAD, BEHIND = 5 * 3600.0, -5 * 3600.0
LONG_S = 60.0
RESTING = (DeliveryState.SENT, DeliveryState.HELD)


@pytest.fixture
def server(machines: Machines) -> Iterator[SmtpServer]:
    """A scripted server that all machines reach."""
    server = SmtpServer(Features())
    server.host = machines.address
    with server:
        yield server


@pytest.fixture
def start(installation: Installation, machines: Machines) -> Callable[..., Program]:
    """Starts a worker on the first or the second machine, its clock so many seconds ahead."""
    installation.environment["POSTROOM_OPERATOR_EGRESS"] = f"{machines.address}/32"

    def start(number: int, *, ahead_s: float = 0.0) -> Program:
        installation.prefix = machines.apart[number].prefix
        return installation.worker(skewed(ahead_s))

    return start


@pytest.fixture
def count(engine) -> Callable[..., int]:
    """How many deliveries fulfil all conditions."""

    def count(*conditions: Any) -> int:
        with Session(engine) as reader:
            return reader.scalar(select(func.count()).select_from(Delivery).where(*conditions)) or 0

    return count


@pytest.fixture
def living(engine) -> Callable[[], set[str]]:
    """The workers that nobody took for dead."""

    def living() -> set[str]:
        with Session(engine) as reader:
            return set(reader.scalars(select(Worker.id).where(~Worker.is_dead)))

    return living


def at(server: SmtpServer, **overrides: Any) -> dict[str, Any]:
    """The fields of a provider that is this server."""
    return {"host": server.host, "port": server.port} | overrides


@pytest.fixture
def holders(engine, machines) -> Callable[[], set[str]]:
    """The hosts of the workers that hold mail; where machines are not apart, the workers."""

    def holders() -> set[str]:
        named = Worker.host if machines.apart[0].prefix else Worker.id
        holding = select(named).join(Delivery, Delivery.worker_id == Worker.id)
        with Session(engine) as reader:
            return set(reader.scalars(holding))

    return holders


def test_they_share_the_queue_and_each_mail_goes_out_once(
    session, server, start, accept, count, holders
):
    a_provider(session, **at(server))
    session.commit()
    server.delay("final", 2.0)
    start(0), start(1, ahead_s=AHEAD)

    many = tuple(f"{number}@contoso.test" for number in range(20))
    for _ in range(20):
        accept(*many)
    until(lambda: len(holders()) == 2, timeout_s=LONG_S)
    until(lambda: count(Delivery.state == DeliveryState.SENT) == 400, timeout_s=LONG_S)

    assert holders() == set()
    recipients = [item for mail in server.mails for item in mail.recipients]
    assert (len(recipients), count(Delivery.copies > 0)) == (400, 0)


def test_a_dead_machines_mail_goes_out_from_another_within_a_minute(
    session, server, start, accept, count, living
):
    """And the living leave each other alone, however far their clocks are apart."""
    a_provider(session, **at(server))
    session.commit()
    server.stall("data")
    dying = start(0, ahead_s=AHEAD)
    identifiers = accept()
    server.wait_for_command("DATA", timeout_s=LONG_S)
    start(1, ahead_s=BEHIND), start(1, ahead_s=AHEAD)
    until(lambda: len(living()) == 3, timeout_s=LONG_S)

    dying.kill()
    died_at, at_death = datetime.now(UTC), living()
    server.heal()
    until(lambda: count(Delivery.state == DeliveryState.SENT) == 1, timeout_s=LONG_S)

    assert datetime.now(UTC) - died_at < timedelta(seconds=60)
    assert len(server.mails) == 1
    assert [rule for _, rule in tried(session, identifiers[0])] == ["worker_ended", "accepted"]
    assert len(living() & at_death) == 2


def test_a_budget_is_shared_by_workers_whose_clocks_differ(session, server, start, accept, count):
    today = datetime.now(UTC).date()
    a_provider(session, per_day=15, **at(server))
    session.commit()
    start(0, ahead_s=AHEAD)
    start(1, ahead_s=BEHIND)

    for _ in range(40):
        accept()
    until(lambda: count(Delivery.state.in_(RESTING)) == 40, timeout_s=LONG_S)

    is_same_day = datetime.now(UTC).date() == today
    assert len(server.mails) == count(Delivery.state == DeliveryState.SENT)
    assert len(server.mails) == 15 or not is_same_day


def test_a_breaker_that_one_opened_keeps_the_other_away_whatever_its_clock_says(
    session, server, start, accept, count
):
    broken = a_provider(session, name="broken", **at(server, port=free_port()))
    a_provider(session, name="good", **at(server))
    session.commit()
    start(0)
    accept()
    until(lambda: count(Delivery.state == DeliveryState.SENT) == 1, timeout_s=LONG_S)
    session.rollback()
    opened_at = session.get_one(ProviderHealth, broken.id).opened_at
    session.rollback()

    start(1, ahead_s=AHEAD)
    for _ in range(20):
        accept()
    until(lambda: count(Delivery.state == DeliveryState.SENT) == 21, timeout_s=LONG_S)

    session.rollback()
    tried = session.scalars(select(Attempt.started_at).where(Attempt.provider_id == broken.id))
    assert opened_at is not None
    since = [time for time in tried if time > opened_at]
    assert len(since) <= 1, "At most the probe, should this test have taken a minute."


def test_a_clock_that_is_ahead_neither_sends_early_nor_expires(
    session, server, start, accept, count
):
    a_provider(session, **at(server))
    session.commit()
    start(0, ahead_s=AHEAD)
    start(1, ahead_s=BEHIND)

    now = datetime.now(UTC)
    accept("later@contoso.test", send_at=now + HOUR)
    accept("soon@contoso.test", expires_at=now + HOUR)
    until(lambda: count(Delivery.state == DeliveryState.SENT) == 1, timeout_s=LONG_S)

    assert [mail.recipients for mail in server.mails] == [("soon@contoso.test",)]
    assert count(Delivery.state == DeliveryState.QUEUED) == 1

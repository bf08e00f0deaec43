"""A worker in trouble: a round that breaks, a row that makes no sense, others who rescue it."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from panel.domain.delivery import DeliveryState, Phase
from panel.domain.outcome import Outcome
from panel.drivers import registry
from panel.drivers.contract import Account, Connection, Gate, Parcel, Upcoming, nobody
from panel.drivers.smtp.driver import SmtpDriver
from panel.sending.dispatch import ROUND_FAILED
from panel.sending.worker import LeaseLost, Surroundings, Worker
from panel.storage.models import Worker as WorkerRow
from panel.storage.queue.rescue import RESCUED_TOO_OFTEN
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import EGRESS, make_due, state, tried
from tests.storage.queue.holding import log_of, row

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class BrokenDriver:
    """A driver with an error of its own, until somebody mends it."""

    def __init__(self) -> None:
        self.is_mended = False
        self._driver = SmtpDriver()

    async def connect(self, account: Account) -> Connection | Outcome:
        if not self.is_mended:
            raise TypeError("a bug")
        return await self._driver.connect(account)


class OneMailConnection:
    """Carries one mail; the next one meets an error of its own before it is handed over."""

    is_usable = True
    announced: Parcel | None = None
    largest_size: int | None = None
    certificate_ends_at: datetime | None = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_used = False

    async def send(
        self, parcel: Parcel, gate: Gate, upcoming: Upcoming = nobody
    ) -> tuple[Outcome, ...]:
        if self._is_used:
            raise TypeError("a bug")
        self._is_used = True
        return await self._connection.send(parcel, gate)

    async def close(self) -> None:
        await self._connection.close()


class OneMailDriver(SmtpDriver):
    """Makes connections of that kind."""

    async def connect(self, account: Account) -> Connection | Outcome:
        made = await super().connect(account)
        return made if isinstance(made, Outcome) else OneMailConnection(made)


@pytest.fixture
def use_driver(monkeypatch):
    """Puts a driver in the place of the one for SMTP."""

    def use_driver(driver):
        monkeypatch.setitem(registry._MAKERS, "smtp", lambda: driver)
        registry.driver.cache_clear()

    yield use_driver
    registry.driver.cache_clear()


@pytest.fixture
def broken_driver(session, smtp_server, use_driver):
    """The driver of the only provider."""
    broken = BrokenDriver()
    use_driver(broken)
    a_provider(session, port=smtp_server.port)
    session.commit()
    return broken


def test_a_round_that_breaks_gives_its_mail_back_with_the_reason(
    engine, session, vault, smtp_server, accept, broken_driver
):
    (identifier,) = accept()

    with a_worker(engine, vault):
        until(lambda: row(session, identifier).rescues == 1)

        found = row(session, identifier)
        assert (found.state, found.claim_token) == (DeliveryState.QUEUED, None)
        assert found.next_attempt_at is not None
        assert found.next_attempt_at > datetime.now(UTC)
        (attempt,) = log_of(session, identifier)
        assert attempt.rule == ROUND_FAILED

        broken_driver.is_mended = True
        make_due(session)
        until(lambda: state(session, identifier) is DeliveryState.SENT)

    assert len(smtp_server.mails) == 1


def test_a_round_that_breaks_before_the_hand_over_leaves_no_doubt(
    engine, session, vault, smtp_server, accept, use_driver
):
    """Its hand-over is durable by then, for it goes over a connection that is open."""
    use_driver(OneMailDriver())
    a_provider(session, port=smtp_server.port)
    (before,) = accept()

    with a_worker(engine, vault):
        until(lambda: state(session, before) is DeliveryState.SENT)
        (identifier,) = accept()
        until(lambda: row(session, identifier).rescues == 1)
        (attempt,) = log_of(session, identifier)
        assert (attempt.phase, attempt.rule) == (Phase.HANDING_OVER, ROUND_FAILED)
        assert state(session, identifier) is DeliveryState.QUEUED

        make_due(session)
        until(lambda: state(session, identifier) is DeliveryState.SENT)

    assert row(session, identifier).copies == 0
    assert len(smtp_server.mails) == 2


def test_a_mail_whose_rounds_always_break_ends_held(engine, session, vault, accept, broken_driver):
    (identifier,) = accept()

    with a_worker(engine, vault):
        until(lambda: row(session, identifier).rescues == 1)
        make_due(session)
        until(lambda: row(session, identifier).rescues == 2)
        make_due(session)
        until(lambda: row(session, identifier).rescues == 3)

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.HELD, RESCUED_TOO_OFTEN)
    assert "TypeError" in found.said


def test_a_provider_of_an_unknown_kind_is_passed_over(engine, session, vault, smtp_server, accept):
    """As after a step back to an older version."""
    a_provider(session, driver="carrier_pigeon")
    a_provider(session, port=smtp_server.port)
    (identifier,) = accept()

    with a_worker(engine, vault):
        until(lambda: state(session, identifier) is DeliveryState.SENT)

    assert row(session, identifier).route[0]["skip"] == "not_active"


def test_a_worker_that_others_took_for_dead_ends_and_leaves_its_mail_to_them(
    engine, session, vault, smtp_server, accept, often
):
    a_provider(session, port=smtp_server.port)
    smtp_server.stall("data")
    (identifier,) = accept()
    worker = Worker(Surroundings(engine, vault, EGRESS, "localhost"))

    def take_for_dead() -> None:
        smtp_server.wait_for_command("DATA")
        until(lambda: len(log_of(session, identifier)) == 1)
        session.execute(update(WorkerRow).values(is_dead=True))
        session.commit()

    other = threading.Thread(target=take_for_dead)

    with pytest.raises(LeaseLost):
        asyncio.run(worker.run(on_ready=other.start))
    other.join()

    assert smtp_server.mails == []
    assert state(session, identifier) in {DeliveryState.SENDING, DeliveryState.QUEUED}
    smtp_server.heal()
    with a_worker(engine, vault):
        until(lambda: state(session, identifier) is DeliveryState.SENT)
    assert [rule for _, rule in tried(session, identifier)] == ["worker_ended", "accepted"]

"""Providers without mail are tested once a day by one of all workers."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.decision import NO_PROVIDER
from panel.domain.delivery import DeliveryState
from panel.domain.provider import Encryption
from panel.sending import standby as standby_module
from panel.sending.clock import Clock
from panel.sending.standby import Standby
from panel.storage.models import Delivery, Provider, ProviderHealth
from panel.storage.queue import retests
from panel.storage.queue.minutes import Sums, add
from tests.factories.mail import a_delivery
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider
from tests.fakes.smtp_certificates import Certificate
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import EGRESS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def standby(engine, vault):
    return Standby(engine, vault, EGRESS, "localhost", Clock())


@pytest.fixture
def spare(session, smtp_server, vault):
    """Makes a provider at the test's server that was last tested two days ago."""

    def spare(**overrides):
        tested_at = overrides.pop("verified_at", datetime.now(UTC) - 2 * DAY)
        provider = a_provider(session, vault=vault, **({"port": smtp_server.port} | overrides))
        provider.verified_at = tested_at
        session.commit()
        return provider.id

    return spare


def health(session, provider_id) -> Any:
    session.rollback()
    session.expire_all()
    found = session.get_one(ProviderHealth, provider_id)
    session.rollback()
    return found


def test_what_came_of_the_test_is_kept(session, standby, spare, smtp_server):
    provider = spare()
    before = datetime.now(UTC)

    assert standby.turn() == 1

    found = health(session, provider)
    assert (found.retest_rule, found.retest_said, found.state) == ("", "", BreakerState.CLOSED)
    assert before <= found.retested_at <= datetime.now(UTC)
    assert DAY <= found.retest_at - before <= DAY + 2 * HOUR + timedelta(minutes=1)
    assert smtp_server.mails == []
    assert smtp_server.verbs[-2:] == ["QUIT", "CLOSED"]


def test_nobody_is_tested_a_second_time_within_a_day(session, standby, spare, smtp_server):
    spare()

    assert [standby.turn(), standby.turn()] == [1, 0]

    assert smtp_server.connections == 1


def retested_at(session):
    found = session.query(ProviderHealth.retested_at).scalar()
    session.rollback()
    return found


NEW, OLD = timedelta(hours=23), timedelta(hours=25)


@pytest.mark.parametrize(
    ("tested", "carried", "overrides", "expected"),
    [
        (OLD, None, {}, 1),
        (NEW, None, {}, 0),
        (OLD, NEW, {}, 0),
        (OLD, OLD, {}, 1),
        (OLD, None, {"is_active": False}, 0),
        (OLD, None, {"deleted_at": datetime(2026, 3, 2, tzinfo=UTC)}, 0),
    ],
    ids=["due", "tested lately", "has mail", "had mail", "not active", "deleted"],
)
def test_only_active_providers_without_news_are_tested(
    tested, carried, overrides, expected, session, standby, spare
):
    now = datetime.now(UTC)
    provider = spare(verified_at=now - tested, **overrides)
    if carried:
        add(session, provider, {now - carried: Sums(sent=1)})
        session.commit()

    assert standby.turn() == expected


def test_provider_that_was_never_tested_is_tested_at_once(session, standby, spare):
    provider = spare()
    session.get_one(Provider, provider).verified_at = None
    session.commit()

    assert standby.turn() == 1


def test_of_many_workers_one_makes_the_test(engine, vault, spare, smtp_server):
    spare()
    together = Barrier(4, timeout=20)

    def look():
        worker = Standby(engine, vault, EGRESS, "localhost", Clock())
        together.wait()
        worker.turn()

    workers = [Thread(target=look) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert smtp_server.connections == 1


def test_provider_that_cannot_be_reached_is_left_alone_and_tested_again_in_an_hour(
    session, standby, spare
):
    provider = spare(port=9)
    before = datetime.now(UTC)

    standby.turn()

    found = health(session, provider)
    assert (found.state, found.retest_rule) == (BreakerState.OPEN, "unreachable")
    assert found.retest_said == found.said != ""
    assert HOUR <= found.retest_at - before < 2 * HOUR


@pytest.mark.parametrize(
    ("reply", "state"),
    [("535 5.7.8 No", BreakerState.DISABLED), ("454 4.7.0 Later", BreakerState.OPEN)],
    ids=["for good", "for now"],
)
def test_refused_login_is_not_tried_again_for_a_day(
    reply, state, session, standby, spare, make_smtp_server
):
    server = make_smtp_server(users={"kim": SECRET})
    server.answers("auth", reply)
    provider = spare(port=server.port, username="kim", password=SECRET)

    standby.turn()
    found = health(session, provider)
    standby.turn()

    assert found.state is state
    assert found.retest_said.endswith(reply)
    assert found.retest_at - found.retested_at > DAY - timedelta(minutes=1)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("state", "retry_in", "expected"),
    [
        (BreakerState.OPEN, -HOUR, BreakerState.CLOSED),
        (BreakerState.OPEN, HOUR, BreakerState.OPEN),
        (BreakerState.DISABLED, None, BreakerState.DISABLED),
    ],
    ids=["may be tried", "asked for a pause", "waits for a person"],
)
def test_passed_test_takes_back_whoever_may_be_tried(
    state, retry_in, expected, session, standby, spare
):
    provider, now = spare(), datetime.now(UTC)
    session.add(
        ProviderHealth(
            provider_id=provider, state=state, failures=1, failed_at=now - DAY, rule="unreachable",
            retry_at=now + retry_in if retry_in else None,
        )
    )  # fmt: skip
    tomorrow = now + DAY
    waiting = a_delivery(
        session, state=DeliveryState.HELD, rule=NO_PROVIDER, next_attempt_at=tomorrow
    ).id
    session.commit()

    standby.turn()

    found = health(session, provider)
    assert (found.state, found.retest_rule) == (expected, "")
    is_released = session.get_one(Delivery, waiting).next_attempt_at < tomorrow
    assert is_released == (expected is BreakerState.CLOSED)


def test_nothing_is_kept_of_a_connection_that_was_changed_meanwhile(
    session, standby, spare, smtp_server
):
    provider = spare()
    smtp_server.stall("ehlo")
    test = Thread(target=standby.turn)
    test.start()
    smtp_server.wait_for_command("EHLO")
    session.get_one(Provider, provider).port = 9
    session.commit()

    smtp_server.stop()
    test.join()

    found = health(session, provider)
    assert (found.retested_at, found.state) == (None, BreakerState.CLOSED)


def test_unreadable_password_is_not_tried(session, standby, spare, smtp_server):
    provider = spare(username="kim", password=SECRET)
    session.get_one(Provider, provider).secret = b"from another key ring"
    session.commit()

    assert standby.turn() == 0
    assert smtp_server.connections == 0


def test_clock_that_was_set_starts_no_tests(session, engine, vault, spare):
    class SetClock(Clock):
        is_steady = False

    spare()

    assert Standby(engine, vault, EGRESS, "localhost", SetClock()).turn() == 0


def test_end_of_the_certificate_is_kept(session, standby, spare, make_smtp_server):
    server = make_smtp_server(starttls=True, certificate=Certificate.EXPIRED)
    provider = spare(port=server.port, encryption=Encryption.TLS, verify_certificate=False)

    standby.turn()

    found = health(session, provider)
    assert found.certificate_of == f"127.0.0.1:{server.port}"
    assert timedelta() < datetime.now(UTC) - found.certificate_ends_at < 2 * DAY


def test_running_worker_tests_them(engine, session, vault, spare, often, monkeypatch):
    monkeypatch.setattr(standby_module, "LOOK_S", 0.05)
    provider = spare()

    with a_worker(engine, vault):
        until(lambda: retested_at(session))

    assert health(session, provider).retest_rule == ""


def test_claim_is_of_whoever_comes_first(session, spare):
    provider, now = spare(), datetime.now(UTC)

    claims = [retests.claim(session, provider, now=now, next_at=now + DAY) for _ in range(2)]

    assert claims == [True, False]
    assert retests.claim(session, provider, now=now + DAY, next_at=now + 2 * DAY)

"""A sending allowance is used to the full and never exceeded; what is over it moves on or waits."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from panel.domain.budget import window_start
from panel.domain.delivery import DeliveryState
from panel.domain.provider import ServiceType
from panel.sending.desk import Desk
from panel.storage.models import Delivery, ProviderUsage
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import all_are, state, tried
from tests.storage.queue.holding import row

SECOND = timedelta(seconds=1)


def sent(session) -> int:
    session.rollback()
    statement = select(func.count()).where(Delivery.state == DeliveryState.SENT)
    found = session.scalar(statement) or 0
    session.rollback()
    return found


def test_an_allowance_by_the_second_is_used_up_in_every_second(
    engine, session, vault, smtp_server, mail
):
    """Nobody waits for a minute because a second was full."""
    a_provider(session, port=smtp_server.port, per_second=5)
    made = [mail() for _ in range(20)]
    session.commit()
    began_at = datetime.now(UTC)

    with a_worker(engine, vault), a_worker(engine, vault):
        until(lambda: all_are(session, made, DeliveryState.SENT), timeout_s=60)

    took_s = (datetime.now(UTC) - began_at).total_seconds()
    # Four seconds' allowances; the workers' clocks may lie a moment apart.
    assert 1 < took_s < 40
    found = [row(session, identifier) for identifier in made]
    assert {(item.attempts, item.retries) for item in found} == {(1, 0)}


def test_what_is_over_the_allowance_goes_to_the_next_provider(
    engine, session, vault, make_smtp_server, mail
):
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port, per_day=3)
    a_provider(session, port=second.port, service_type=ServiceType.FALLBACK)
    made = [mail() for _ in range(10)]
    session.commit()

    with a_worker(engine, vault), a_worker(engine, vault):
        until(lambda: all_are(session, made, DeliveryState.SENT))

    assert (len(first.mails), len(second.mails)) == (3, 7)


def test_without_another_provider_it_waits_without_having_failed(
    engine, session, vault, smtp_server, mail
):
    a_provider(session, port=smtp_server.port, per_day=3)
    made = [mail() for _ in range(5)]
    session.commit()

    with a_worker(engine, vault), a_worker(engine, vault):
        until(lambda: sent(session) == 3)

    left = [identifier for identifier in made if state(session, identifier) != DeliveryState.SENT]
    assert len(left) == 2
    assert {row(session, identifier).retries for identifier in left} == {0}
    assert [tried(session, identifier) for identifier in left] == [[], []]
    assert len(smtp_server.mails) == 3


@pytest.mark.parametrize("tenths", range(0, 10, 2))
def test_a_second_that_ends_while_it_is_being_decided_costs_no_minute(
    session, smtp_server, mail, rounds, clock, tenths
):
    second = window_start(1, clock)

    class HurryingDesk(Desk):
        """For it time flies: each look at the clock takes a third of a second."""

        at = second + timedelta(seconds=tenths / 10)

        def now(self):
            HurryingDesk.at += timedelta(seconds=0.3)
            return HurryingDesk.at

    provider = a_provider(session, port=smtp_server.port, per_second=5)
    session.add(ProviderUsage(provider_id=provider.id, window_s=1, started_at=second, used=5))
    identifier = mail()

    rounds(make_desk=HurryingDesk)

    found = row(session, identifier)
    is_late = found.next_attempt_at and found.next_attempt_at > HurryingDesk.at + SECOND
    assert found.state is DeliveryState.SENT or not is_late

"""Whether mail is flowing, in figures that are right at any size."""

from dataclasses import replace
from datetime import timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState
from panel.domain.permission import Permission
from panel.services.audit import record
from panel.services.overview import Count, Figure, show_overview
from panel.services.provider_health import Concern
from panel.services.refusals import NotAllowed
from panel.storage.models import ProviderHealth
from panel.storage.queries import overview as queries
from panel.storage.queue.budgets import take_budget
from panel.storage.queue.minutes import Sums, add
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import OPERATOR
from tests.factories.providers import a_provider
from tests.storage.queue.test_readings import a_reading

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SUPPORT = replace(OPERATOR, permissions=frozenset({Permission.SEE_OVERVIEW}))


@pytest.fixture
def show(session, vault):
    """The overview at noon."""

    def show(actor=OPERATOR, now=NOON):
        return show_overview(session, actor, vault=vault, now=now)

    return show


def failed_at(session, at, state=DeliveryState.FAILED):
    return a_delivery(session, state=state, ended_at=at)


def test_sent_mails_are_those_that_providers_took_in_24_hours(session, show):
    house = a_provider(session).id
    partners = a_provider(session, partner_id=a_partner(session).id).id
    add(session, house, {NOON: Sums(sent=3, failed=9), NOON - timedelta(hours=23): Sums(sent=4)})
    add(session, partners, {NOON - MINUTE: Sums(sent=5)})
    add(session, house, {NOON - DAY: Sums(sent=2), NOON - DAY + MINUTE: Sums(sent=70)})

    assert show().sent == Figure(Count(12), before=2)


def test_failed_mails_are_those_that_ended_so_and_not_their_attempts(session, show):
    add(session, a_provider(session).id, {NOON: Sums(failed=40, refused=2)})
    failed_at(session, NOON - MINUTE)
    failed_at(session, NOON - timedelta(hours=23), DeliveryState.EXPIRED)
    failed_at(session, NOON - DAY - MINUTE)
    failed_at(session, NOON - DAY + MINUTE)

    assert show().failed == Figure(Count(2), before=1)


def test_waiting_mail_of_the_day_before_comes_from_its_reading(session, show):
    a_delivery(session, state=DeliveryState.UNCONFIRMED)
    a_delivery(session)
    a_reading(session, NOON - DAY - MINUTE, waiting=70, unconfirmed=8)

    shown = show()

    assert shown.waiting == Figure(Count(2), before=70)
    assert shown.unconfirmed == Figure(Count(1), before=8)


def test_nobody_knows_what_no_worker_has_read(show):
    shown = show()

    assert (shown.waiting.before, shown.unconfirmed.before) == (None, None)
    assert shown.failed == Figure(Count(0), before=0)


def test_reading_tells_what_is_too_much_to_count_for_a_page(session, show, monkeypatch):
    monkeypatch.setattr(queries, "COUNT_LIMIT", 1)
    for at in (NOON - MINUTE, NOON - 2 * MINUTE, NOON - DAY - MINUTE, NOON - DAY - 2 * MINUTE):
        failed_at(session, at)
    for _ in range(2):
        a_delivery(session, state=DeliveryState.UNCONFIRMED)

    assert show().waiting.count == Count(1, is_capped=True)
    assert show().failed == Figure(Count(1, is_capped=True), before=None)

    a_reading(session, NOON - MINUTE, waiting=900_000, unconfirmed=30_000, failed=50_000)
    a_reading(session, NOON - DAY, failed=40_000)

    shown = show()
    assert shown.waiting == Figure(Count(900_000), before=0)
    assert shown.failed == Figure(Count(50_000), before=40_000)
    assert shown.unconfirmed == Figure(Count(30_000), before=0)


def test_chain_tells_the_share_and_the_time_of_the_last_hour(session, show):
    busy, other, quiet = (a_provider(session).id for _ in range(3))
    add(session, busy, {NOON: Sums(sent=2), NOON - 30 * MINUTE: Sums(sent=1, sending_ms=900)})
    add(session, other, {NOON: Sums(sent=1), NOON - 2 * timedelta(hours=1): Sums(sent=99)})

    boxes = {box.state.provider.id: box for box in show().chain}

    assert [(boxes[id_].percent, boxes[id_].took_ms) for id_ in (busy, other, quiet)] == [
        (75, 300),
        (25, 0),
        (0, 0),
    ]


def test_no_provider_has_a_share_of_nothing(session, show):
    a_provider(session)

    assert show().chain[0].percent is None


def test_provider_in_use_is_the_first_that_can_take_mail(session, show, vault):
    off = a_provider(session, is_active=False)
    aside = a_provider(session)
    unreadable = a_provider(session, vault=vault, password="secret", username="u")
    unreadable.secret_key_id = "gone"
    full = a_provider(session, per_day=1)
    take_budget(session, full.id, full.limits, 1, now=NOON)
    wanted, spare = a_provider(session), a_provider(session)
    state = {"state": BreakerState.DISABLED, "rule": "login_refused"}
    session.add(ProviderHealth(provider_id=aside.id, **state))
    session.flush()

    chain = show().chain

    ids = [box.state.provider.id for box in chain]
    assert ids == [off.id, aside.id, unreadable.id, full.id, wanted.id, spare.id]
    assert [box.state.provider.id for box in chain if box.is_in_use] == [wanted.id]


def test_what_was_changed_lately_is_told_to_those_who_see_the_audit(session, show):
    for action in ("provider.changed", "session.begun", "provider.tested", "queue.held"):
        record(session, OPERATOR, action=action, subject="queue", now=NOON)
    session.flush()

    changes = show().changes

    assert changes is not None
    assert [event.action for event in changes.page.rows] == ["queue.held", "provider.changed"]
    assert show(SUPPORT).changes is None


def test_worries_are_told_to_those_who_see_the_providers(session, show):
    a_provider(session, verified=False)

    assert [worry.concern for worry in show().worries] == [Concern.UNTESTED]
    assert show(SUPPORT).worries == ()


def test_overview_is_refused_to_who_may_not_see_it(show):
    with pytest.raises(NotAllowed):
        show(replace(OPERATOR, permissions=frozenset({Permission.SEE_AUDIT})))

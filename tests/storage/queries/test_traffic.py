"""A day's mail from sums by the quarter of an hour."""

from datetime import timedelta

from panel.storage.models import Partner
from panel.storage.queries import traffic
from panel.storage.queries.traffic import Carried
from panel.storage.queue.minutes import Sums, add
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.kit.plans import is_sqlite, plan_of

MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)


def a_server_of(session, partner: Partner) -> int:
    """An SMTP server of a partner."""
    return a_provider(session, partner_id=partner.id, name=f"of {partner.slug}").id


def test_day_has_96_quarters_and_ends_with_the_present_one():
    now = NOON + timedelta(minutes=29, seconds=59)

    begin = traffic.day_begin(now)

    assert begin == NOON + QUARTER - timedelta(hours=23, minutes=45)
    assert begin + 95 * QUARTER <= now < begin + 96 * QUARTER


def test_minutes_are_added_up_to_the_quarter_they_lie_in(session):
    provider = a_provider(session).id
    add(session, provider, {NOON: Sums(sent=2, failed=1), NOON + 14 * MINUTE: Sums(sent=3)})
    add(session, provider, {NOON + 15 * MINUTE: Sums(refused=4), NOON: Sums(sent=1)})

    assert traffic.carried_since(session, NOON) == [
        Carried(provider, NOON, sent=6, failed=1),
        Carried(provider, NOON + QUARTER, sent=0, failed=4),
    ]
    assert traffic.carried_since(session, NOON + QUARTER)[0].failed == 4


def test_servers_of_partners_are_one_line(session):
    house, gone = a_provider(session).id, a_provider(session, deleted_at=NOON).id
    for id_ in (house, gone, *(a_server_of(session, a_partner(session, slug=s)) for s in "xy")):
        add(session, id_, {NOON: Sums(sent=1)})

    found = {row.provider_id: row.sent for row in traffic.carried_since(session, NOON)}

    assert found == {house: 1, gone: 1, None: 2}


def test_span_of_the_day_before_ends_with_the_same_minute(session):
    first, second = a_provider(session).id, a_server_of(session, a_partner(session))
    add(session, first, {NOON - MINUTE: Sums(sent=100), NOON: Sums(sent=1)})
    add(session, second, {NOON + 16 * MINUTE: Sums(sent=2), NOON + 17 * MINUTE: Sums(sent=200)})

    until = NOON + timedelta(minutes=16, seconds=40)

    assert traffic.sent_between(session, NOON, until) == 3


def test_nothing_was_sent_before_there_was_a_provider(session):
    assert traffic.sent_between(session, NOON, NOON + QUARTER) == 0
    assert traffic.carried_since(session, NOON) == []


def test_a_day_is_looked_up_by_its_time(session):
    a_provider(session)
    session.commit()

    plan = plan_of(
        session,
        lambda: (
            traffic.carried_since(session, NOON),
            traffic.sent_between(session, NOON, NOON + QUARTER),
        ),
    )

    wanted = "(quarter_at>?" if is_sqlite(session) else "pk_provider_quarters"
    assert plan.count(wanted) == 2
    wanted = "(provider_id=? AND minute_at>?" if is_sqlite(session) else "pk_provider_minutes"
    assert wanted in plan

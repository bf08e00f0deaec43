"""What providers carried in the last hour, from the sums by the minute."""

from datetime import timedelta

from panel.storage.models import ProviderMinute, ProviderQuarter
from panel.storage.queries.leftovers import purge
from panel.storage.queries.provider_minutes import Bucket, last_hour, sent_since
from panel.storage.queue.minutes import Sums, add
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.kit.plans import is_sqlite, plan_of

MINUTE = timedelta(minutes=1)


def test_sums_of_all_workers_are_added_up(session):
    provider = a_provider(session).id

    add(session, provider, {NOON: Sums(sent=2, sending_ms=80), NOON + MINUTE: Sums(failed=1)})
    add(session, provider, {NOON: Sums(sent=1, refused=4, sending_ms=20)})

    *_, now = last_hour(session, [provider], now=NOON + MINUTE)[provider]
    assert now == Bucket(sent=3, refused=4, failed=1, sending_ms=100)


def test_an_hour_has_twelve_buckets_of_five_minutes(session):
    provider, other = a_provider(session).id, a_provider(session).id
    at = NOON + 3 * MINUTE
    for minutes_ago, sent in ((3, 1), (4, 2), (8, 4), (9, 8), (58, 16), (59, 32)):
        add(session, provider, {at - minutes_ago * MINUTE: Sums(sent=sent)})

    found = last_hour(session, [provider, other], now=at)

    assert [bucket.sent for bucket in found[provider]] == [16, *[0] * 8, 8, 6, 1]
    assert found[other] == (Bucket(),) * 12


def test_mails_since_a_moment_are_counted_from_its_minute(session):
    first, second = a_provider(session).id, a_provider(session).id
    add(session, first, {NOON: Sums(sent=5), NOON + MINUTE: Sums(sent=7, failed=3)})
    add(session, second, {NOON: Sums(sent=1)})

    since = NOON + MINUTE + timedelta(seconds=59)

    assert sent_since(session, [first, second], since) == {first: 7}


def test_minutes_are_removed_after_three_days(session):
    provider = a_provider(session).id
    add(session, provider, {NOON - timedelta(days=4): Sums(sent=1), NOON: Sums(sent=1)})

    purge(session, now=NOON)

    assert session.query(ProviderMinute.minute_at).all() == [(NOON,)]
    assert session.query(ProviderQuarter.quarter_at).all() == [(NOON,)]


def test_last_hour_is_looked_up_by_provider_and_minute(session):
    ids = [a_provider(session).id for _ in range(3)]
    session.commit()

    plan = plan_of(session, lambda: last_hour(session, ids, now=NOON))

    wanted = "(provider_id=? AND minute_at>?" if is_sqlite(session) else "pk_provider_minutes"
    assert wanted in plan

"""From domains in use: the newest messages only, found by the primary key."""

from datetime import timedelta

from panel.domain.delivery import Stream
from panel.storage.queries import from_domains
from tests.factories.mail import a_message
from tests.factories.moments import NOON
from tests.factories.people import an_application
from tests.kit.plans import full_scans, plan_of, sorts

SINCE = NOON - timedelta(days=30)


def in_use(session):
    return from_domains.in_use(session, frozenset(Stream), partner_id=None, since=SINCE)


def test_only_the_newest_messages_are_looked_at(session, monkeypatch):
    monkeypatch.setattr(from_domains, "MOST_MESSAGES", 2)
    for number in range(4):
        at = NOON + timedelta(seconds=number)
        a_message(session, from_email=f"kim@shop-{number}.test", created_at=at)

    assert in_use(session) == {"shop-2.test", "shop-3.test"}


def test_domains_of_revoked_applications_do_not_count(session):
    an_application(session, from_domains=["used.test", ".below.test"])
    an_application(session, from_domains=["former.test"], revoked_at=NOON)

    assert in_use(session) == {"used.test", "below.test"}


def test_messages_are_read_by_their_key(session):
    plan = plan_of(session, lambda: in_use(session))

    assert full_scans(plan) == []
    assert [line for line in sorts(plan) if "ORDER BY" in line] == []

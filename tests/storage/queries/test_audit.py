"""The audit: how it is narrowed, by which index, and how its objects are called."""

from datetime import timedelta

import pytest

from panel.domain.permission import COMMAND_LINE, EVERYTHING, Actor
from panel.services.audit import record
from panel.storage.queries import paging
from panel.storage.queries.audit import (
    AuditFilter,
    Named,
    actions,
    audit_page,
    events_of,
    subject_names,
)
from panel.storage.queries.paging import NEWEST, Cursor
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user, an_application
from tests.factories.providers import a_provider
from tests.kit.plans import plan_of, sorts

ADA = Actor("ada@house.test", frozenset(), EVERYTHING)
SHOP = Actor("application:Shop", frozenset(), EVERYTHING)


@pytest.fixture
def written(session):
    """Six events, a minute apart."""
    rows = (
        (ADA, "provider.created", "provider:1"),
        (COMMAND_LINE, "provider.changed", "provider:1"),
        (ADA, "provider.changed", "provider:2"),
        (SHOP, "message.cancelled", "message:01ABC"),
        (ADA, "queue.retried", "queue"),
        (ADA, "provider.deleted", "provider:1"),
    )
    for minute, (actor, action, subject) in enumerate(rows):
        at = NOON + timedelta(minutes=minute)
        record(session, actor, action=action, subject=subject, now=at)
    session.flush()


def ids(session, cursor=NEWEST, **wanted):
    return [row.id for row in audit_page(session, wanted=AuditFilter(**wanted), cursor=cursor).rows]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"who": "ada@house.test"}, [6, 5, 3, 1]),
        ({"who": "Ada@House.test"}, [6, 5, 3, 1]),
        ({"who": "ada@"}, [6, 5, 3, 1]),
        ({"who": "application:Shop"}, [4]),
        ({"who": "a"}, [6, 5, 4, 3, 1]),
        ({"who": "eve"}, []),
        ({"who": "%"}, []),
        ({"what": "provider.changed"}, [3, 2]),
        ({"object": "provider:1"}, [6, 2, 1]),
        ({"object": "queue"}, [5]),
        ({"object": "provider:99"}, []),
        ({"object": "no such name"}, []),
        ({"since": NOON + timedelta(minutes=4)}, [6, 5]),
        ({"until": NOON + timedelta(minutes=2)}, [2, 1]),
        ({"who": "ada@house.test", "what": "provider.changed"}, [3]),
        ({"who": "ada", "object": "provider:1", "until": NOON + timedelta(minutes=1)}, [1]),
    ],
    ids=str,
)
def test_audit_is_narrowed_by_who_what_object_and_time(wanted, found, session, written):
    assert ids(session, **wanted) == found


def test_objects_are_found_by_their_names(session):
    partner = a_partner(session, slug="acme")
    called = {
        "Relay": f"provider:{a_provider(session, name='relay', deleted_at=NOON).id}",
        "kim@house.test": f"user:{a_user(session, email='kim@house.test').id}",
        "acme": f"partner:{partner.id}",
        "Shop": f"application:{an_application(session, name='shop').id}",
    }
    for subject in called.values():
        record(session, ADA, action="a.b", subject=subject, now=NOON)
    session.flush()

    found = {name: audit_page(session, wanted=AuditFilter(object=name), cursor=NEWEST).rows
             for name in called}  # fmt: skip

    assert {name: [row.subject for row in rows] for name, rows in found.items()} == {
        name: [subject] for name, subject in called.items()
    }


def test_names_tell_what_is_still_there(session):
    there, gone = a_provider(session, name="a"), a_provider(session, name="b", deleted_at=NOON)
    asked = [f"provider:{there.id}", f"provider:{gone.id}", "provider:4711", "user:x", "", "queue",
             "user:" + "9" * 30]  # fmt: skip

    assert subject_names(session, asked) == {
        f"provider:{there.id}": Named("a"),
        f"provider:{gone.id}": Named("b", is_there=False),
    }


def test_pages_follow_each_other(session, written, monkeypatch):
    monkeypatch.setattr(paging, "WINDOW", 2)
    first = audit_page(session, wanted=AuditFilter(who="appl"), cursor=NEWEST)
    second = audit_page(session, wanted=AuditFilter(who="appl"), cursor=Cursor(before=first.older))

    assert (first.rows, first.is_window) == ((), True)
    assert [row.id for row in second.rows] == [4]


def test_actions_are_listed_once(session, written):
    assert actions(session) == [
        "message.cancelled",
        "provider.changed",
        "provider.created",
        "provider.deleted",
        "queue.retried",
    ]


def test_events_of_one_object_are_the_newest(session, written):
    assert [event.id for event in events_of(session, "provider:1", limit=2)] == [6, 2]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "audit_events"),
        ({"who": "ada@house.test"}, "ix_audit_events_actor"),
        ({"what": "provider.changed"}, "ix_audit_events_action"),
        ({"object": "provider:1"}, "ix_audit_events_subject"),
    ],
    ids=str,
)
def test_each_filter_is_read_in_the_order_of_an_index(wanted, index, session, written):
    plan = plan_of(session, lambda: ids(session, **wanted))

    assert index in plan
    assert sorts(plan) == []


def test_kinds_of_changes_are_looked_up_in_the_index(session, written):
    plan = plan_of(session, lambda: actions(session))

    assert "ix_audit_events_action" in plan
    assert "Seq Scan" not in plan

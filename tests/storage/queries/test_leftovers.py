"""Rows that have served their purpose go; those that still serve stay."""

from datetime import timedelta

from sqlalchemy import select

from panel.storage.models import (
    Confirmation,
    Drill,
    IdempotencyKey,
    QueueJob,
    RefusedSender,
    SetupLink,
    Throttle,
    UserSession,
)
from panel.storage.queries import leftovers
from panel.storage.queries.leftovers import purge
from tests.factories.drills import a_drill
from tests.factories.moments import NOON
from tests.factories.people import a_user, an_application
from tests.factories.providers import a_provider
from tests.factories.queue_jobs import a_job

LONG_AGO = NOON - timedelta(days=40)


def names(session, column):
    """The values of a column, sorted."""
    return sorted(session.scalars(select(column)))


def test_old_keys_counters_sessions_and_links_are_removed_and_young_ones_kept(session):
    application, user = an_application(session), a_user(session)
    for name, at in (("old", LONG_AGO), ("young", NOON)):
        later = at + timedelta(days=1)
        session.add_all(
            [
                IdempotencyKey(
                    application_id=application.id,
                    key=name,
                    body_hash="",
                    answer={},
                    created_at=at,
                ),
                Throttle(key=name, started_at=at),
                UserSession(
                    token_hash=name, user_id=user.id, created_at=at, seen_at=at, expires_at=later
                ),
                SetupLink(token_hash=name, created_at=at, expires_at=later),
            ]
        )
    session.commit()

    purge(session, now=NOON)
    session.commit()

    assert names(session, IdempotencyKey.key) == ["young"]
    assert names(session, Throttle.key) == ["young"]
    assert names(session, UserSession.token_hash) == ["young"]
    assert names(session, SetupLink.token_hash) == ["young"]


def test_jobs_that_ended_long_ago_are_removed_and_open_ones_never(session):
    ages = {"old": NOON - timedelta(days=91), "young": NOON - timedelta(days=89), "open": None}
    for name, ended_at in ages.items():
        a_job(session, note=name, asked_at=NOON - timedelta(days=100), ended_at=ended_at)

    purge(session, now=NOON)
    session.commit()

    assert names(session, QueueJob.note) == ["open", "young"]


def test_refusals_codes_and_drills_that_count_no_more_are_removed(session):
    down, stand_in = a_provider(session), a_provider(session)
    for name, at in (("old", NOON - timedelta(days=401)), ("young", NOON)):
        session.add_all(
            [
                RefusedSender(provider_id=down.id, sender=name, until=at),
                Confirmation(
                    provider_id=down.id,
                    identity="",
                    recipient=name,
                    salt="",
                    code_hash="",
                    sent_at=at,
                ),
            ]
        )
        a_drill(session, down, stand_in, down_name=name, ended_at=at)
    a_drill(session, down, stand_in, down_name="going")
    session.commit()

    assert purge(session, now=NOON) == 3
    assert purge(session, now=NOON) == 0

    assert names(session, RefusedSender.sender) == ["young"]
    assert names(session, Confirmation.recipient) == ["young"]
    assert names(session, Drill.down_name) == ["going", "young"]


def test_they_go_in_portions(session, monkeypatch):
    monkeypatch.setattr(leftovers, "BATCH", 2)
    session.add_all([Throttle(key=str(number), started_at=LONG_AGO) for number in range(5)])
    session.commit()

    assert [purge(session, now=NOON) for _ in range(4)] == [2, 2, 1, 0]

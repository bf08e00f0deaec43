"""Moments are found by halving the range of ids."""

from datetime import timedelta

from sqlalchemy import delete

from panel.storage.models import Attempt
from panel.storage.queries.moments import first_attempt_since
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.moments import NOON
from tests.kit.plans import full_scans, plan_of, sorts


def test_every_moment_is_found_even_beside_gaps(session):
    delivery = a_delivery(session)
    made = [
        an_attempt(session, delivery, started_at=NOON + timedelta(minutes=minute)).id
        for minute in range(12)
    ]
    session.execute(delete(Attempt).where(Attempt.id.in_(made[3:6])))
    left = [*made[:3], *made[6:]]

    for minute in (0, 1, 2, 3, 5, 6, 8, 11):
        moment = NOON + timedelta(minutes=minute)
        expected = min(id_ for id_ in left if id_ >= made[minute])
        first = first_attempt_since(session, moment)
        assert left[[id_ >= first for id_ in left].index(True)] == expected


def test_moment_after_the_last_attempt_lies_beyond_it(session):
    last = an_attempt(session).id

    assert first_attempt_since(session, NOON + timedelta(seconds=1)) > last


def test_empty_log_has_no_moments(session):
    assert first_attempt_since(session, NOON) >= 0


def test_moments_are_found_by_key_alone(session):
    for _ in range(5):
        an_attempt(session)

    plan = plan_of(session, lambda: first_attempt_since(session, NOON))

    assert sorts(plan) + full_scans(plan) == []

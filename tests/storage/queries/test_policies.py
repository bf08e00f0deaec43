"""The organisation's own rules lie over the defaults, value by value."""

from dataclasses import replace
from datetime import timedelta

import pytest

from panel.domain.delivery import POLICIES, Stream, UnconfirmedPolicy
from panel.storage.models import OwnPolicy
from panel.storage.queries.policies import store_policy, stream_policies


def test_without_rules_of_its_own_the_defaults_hold(session):
    assert stream_policies(session) == POLICIES


def test_a_value_of_its_own_stands_over_the_default_and_leaves_the_others(session):
    session.add(OwnPolicy(stream=Stream.CRM, expires_after_s=3600))
    session.commit()

    found = stream_policies(session)

    assert found[Stream.CRM] == replace(POLICIES[Stream.CRM], expires_after=timedelta(hours=1))
    assert {**found, Stream.CRM: POLICIES[Stream.CRM]} == POLICIES


def test_every_value_may_differ(session):
    session.add(
        OwnPolicy(
            stream=Stream.SYSTEM,
            unconfirmed=UnconfirmedPolicy.HOLD,
            unconfirmed_delay_s=0,
            expires_after_s=600,
            schedule_s=[60, 90],
        )
    )
    session.commit()

    found = stream_policies(session)[Stream.SYSTEM]

    assert (found.unconfirmed, found.unconfirmed_delay) == (UnconfirmedPolicy.HOLD, timedelta(0))
    assert found.expires_after == timedelta(minutes=10)
    assert found.schedule == (timedelta(minutes=1), timedelta(seconds=90))


@pytest.mark.parametrize(
    "changes",
    [
        {"unconfirmed": UnconfirmedPolicy.ASSUME_SENT},
        {"unconfirmed_delay": timedelta(minutes=7)},
        {"expires_after": timedelta(hours=9)},
        {"schedule": (timedelta(minutes=2), timedelta(minutes=9))},
    ],
)
def test_only_what_differs_is_kept(session, changes):
    policy = replace(POLICIES[Stream.CRM], **changes)

    store_policy(session, Stream.CRM, policy)
    session.commit()

    assert stream_policies(session)[Stream.CRM] == policy
    (own,) = session.query(OwnPolicy).all()
    kept = (own.unconfirmed, own.unconfirmed_delay_s, own.expires_after_s, own.schedule_s)
    assert [value is not None for value in kept].count(True) == 1


def test_back_to_the_defaults_nothing_is_kept(session):
    store_policy(session, Stream.CRM, POLICIES[Stream.SYSTEM])
    session.commit()

    store_policy(session, Stream.CRM, POLICIES[Stream.CRM])
    session.commit()

    assert session.query(OwnPolicy).count() == 0

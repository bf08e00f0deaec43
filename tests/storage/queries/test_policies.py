"""The organisation's own rules lie over the defaults, value by value."""

from dataclasses import replace
from datetime import timedelta

from panel.domain.delivery import POLICIES, Stream, UnconfirmedPolicy
from panel.storage.models import OwnPolicy
from panel.storage.queries.policies import stream_policies


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

"""The sending rules: who may change them, what cannot be used, and who wins."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from panel.domain.delivery import POLICIES, Stream, UnconfirmedPolicy
from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending.submit import submit_many
from panel.services.refusals import Invalid, NotAllowed
from panel.services.sending_rules import StaleRules, change_rules, rule_errors, show_rules
from panel.storage.models import AuditEvent, Delivery, OwnPolicy
from panel.storage.queries.policies import stream_policies
from tests.factories.moments import NOON
from tests.storage.queue.holding import at_once

OPERATOR = Actor("op@house.test", frozenset(Permission), EVERYTHING)
NOBODY = Actor("nobody", frozenset(), EVERYTHING)
POLICY = POLICIES[Stream.CRM]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def changed(**changes):
    """The default rules with the CRM's changed."""
    return {**POLICIES, Stream.CRM: replace(POLICY, **changes)}


def change(session, policies, version=None, actor=OPERATOR):
    version = version or show_rules(session, OPERATOR).version
    session.rollback()
    return change_rules(session, actor, policies=policies, version=version, now=NOON)


def test_rules_need_the_permission(session):
    with pytest.raises(NotAllowed):
        show_rules(session, NOBODY)
    with pytest.raises(NotAllowed):
        change(session, POLICIES, actor=NOBODY)


def test_changed_rules_hold_and_are_written_down(session):
    policies = changed(unconfirmed=UnconfirmedPolicy.RESEND, expires_after=HOUR)

    change(session, policies)

    assert stream_policies(session) == policies
    (event,) = session.query(AuditEvent).all()
    assert (event.action, event.actor) == ("settings.sending_rules_changed", OPERATOR.name)
    assert event.subject == "account_type:crm"
    assert event.before == {"unconfirmed": "hold", "expires_after_s": 432000}
    assert event.after == {"unconfirmed": "resend", "expires_after_s": 3600}


def test_saving_without_a_change_writes_nothing(session):
    change(session, POLICIES)

    assert session.query(AuditEvent).count() == session.query(OwnPolicy).count() == 0


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("delay", {"unconfirmed_delay": timedelta(seconds=-1)}),
        ("delay", {"unconfirmed_delay": timedelta(seconds=86401)}),
        ("expires", {"expires_after": timedelta(minutes=59)}),
        ("expires", {"expires_after": timedelta(hours=721)}),
        ("schedule", {"schedule": ()}),
        ("schedule", {"schedule": (MINUTE,) * 21}),
        ("schedule", {"schedule": (MINUTE, timedelta(0))}),
        ("schedule", {"schedule": (timedelta(minutes=1441),)}),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_saved(session, field, changes):
    policies = changed(**changes) | {Stream.SYSTEM: replace(POLICY, expires_after=HOUR)}

    with pytest.raises(Invalid) as refused:
        change(session, policies)

    assert list(refused.value.errors) == [f"crm-{field}"]
    session.rollback()
    assert stream_policies(session) == POLICIES


def test_mail_is_tried_as_long_as_the_rules_say_unless_it_says_so_itself(session):
    change(session, changed(expires_after=2 * HOUR))
    later = NOON + 9 * HOUR
    mail = Submission(Stream.CRM, (Mailbox("kim@contoso.test"),), "Hello", "api", text="Hello")
    mails = [
        mail,
        replace(mail, send_at=later),
        replace(mail, expires_at=NOON + MINUTE),
        replace(mail, stream=Stream.SYSTEM),
    ]

    submit_many(session, mails, now=NOON)

    ends = session.scalars(select(Delivery.expires_at).order_by(Delivery.id)).all()
    days = POLICIES[Stream.SYSTEM].expires_after
    assert ends == [NOON + 2 * HOUR, later + 2 * HOUR, NOON + MINUTE, NOON + days]


@pytest.mark.parametrize("stream", Stream)
def test_defaults_can_be_used(stream):
    assert rule_errors(POLICIES[stream]) == {}


def test_of_two_who_change_at_once_the_second_is_told(session, engine):
    version = show_rules(session, OPERATOR).version
    session.rollback()

    def save(hours: int):
        def act(own) -> str:
            try:
                change(own, changed(expires_after=hours * HOUR), version)
            except StaleRules:
                return "stale"
            return "saved"

        return act

    assert sorted(at_once(engine, save(2), save(3), save(4))) == ["saved", "stale", "stale"]
    assert session.query(AuditEvent).count() == 1

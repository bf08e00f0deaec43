"""How long mail is kept: who may choose, what is shown before, and that it is what then happens."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from panel.domain.delivery import Stream
from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.domain.retention import FIRST, KEEP_ALL, Retention
from panel.sending.clock import Clock, clock_s
from panel.sending.removal import Removal
from panel.services.refusals import Invalid, NotAllowed
from panel.services.retention import (
    Count,
    StaleRetention,
    change_retention,
    plan_retention,
    retention_errors,
    show_retention,
)
from panel.storage.models import AuditEvent, Content, Message, RunningClock
from panel.storage.queries import removal_preview, sizes
from panel.storage.queries.retention import retentions
from tests.factories.ended import an_ended_mail, days_ago
from tests.factories.moments import NOON
from tests.storage.queue.holding import at_once

OPERATOR = Actor("op@house.test", frozenset(Permission), EVERYTHING)
NOBODY = Actor("nobody", frozenset(), EVERYTHING)
NOTHING = dict.fromkeys(Stream, KEEP_ALL)
CHOICE = NOTHING | {Stream.CRM: Retention(30, 90), Stream.SYSTEM: Retention(0, None)}


def plan(session, wanted, *, now=NOON, actor=OPERATOR):
    version = show_retention(session, OPERATOR).version
    found = plan_retention(session, actor, wanted=wanted, version=version, now=now)
    session.rollback()
    return found


def save(session, wanted, *, seen=None):
    """Saves what was seen, the choice itself unless another is given."""
    shown = plan(session, wanted if seen is None else seen)
    change_retention(
        session, OPERATOR, wanted=wanted, version=shown.version, seal=shown.seal, now=NOON
    )


def totals(session):
    """How many mails, contents of mails, octets of contents there are."""
    session.rollback()
    session.expire_all()
    messages = session.query(Message).all()
    octets = sum(len(content.body) for content in session.query(Content).all())
    session.rollback()
    return len(messages), sum(one.content_digest is not None for one in messages), octets


def removed_by_a_worker(session, engine):
    session.add(
        RunningClock(id=1, seen_at=NOON, lived_us=0, gap_us=0, gap_until_id=0, gap_lived_us=0)
    )
    session.commit()
    clock = Clock()
    clock.look(NOON, from_s=clock_s(), to_s=clock_s())
    return Removal(engine, worker_id="me", clock=clock, stopping=threading.Event()).run()


def some_mail(session):
    for days in (1, 29, 31, 45, 91, 200):
        an_ended_mail(session, days_ago(days), body=b"%d" % days * 100)
        an_ended_mail(session, days_ago(days), days_ago(days + 1), body=b"Shared by all.")
        an_ended_mail(session, days_ago(days), stream=Stream.SYSTEM, body=b"Code %d" % days)
    an_ended_mail(session, days_ago(500), None, body=b"Unconfirmed for ever.")
    an_ended_mail(session, days_ago(500), stream=Stream.CAMPAIGNS, body=b"Shared by all.")
    session.commit()


def test_all_of_it_needs_the_permission(session):
    with pytest.raises(NotAllowed):
        show_retention(session, NOBODY)
    with pytest.raises(NotAllowed):
        plan(session, CHOICE, actor=NOBODY)
    with pytest.raises(NotAllowed):
        change_retention(session, NOBODY, wanted=CHOICE, version="", seal="", now=NOON)


def test_what_is_shown_is_what_then_goes(session, engine):
    some_mail(session)
    mails, bodies, octets = totals(session)
    losses = plan(session, CHOICE).losses

    save(session, CHOICE)
    removed_by_a_worker(session, engine)

    left = totals(session)
    shown = [
        sum(getattr(loss, name).value for loss in losses.values())
        for name in ("mails", "bodies", "octets")
    ]
    assert [mails - left[0], bodies - left[1], octets - left[2]] == shown == [4, 14, 942]
    assert losses[Stream.CRM].mails == Count(4)
    assert losses[Stream.CRM].oldest_at == days_ago(201)
    assert losses[Stream.CAMPAIGNS].bodies == Count(0)
    assert losses[Stream.CAMPAIGNS].oldest_at is None
    after = plan(session, CHOICE).losses.values()
    assert {(loss.bodies.value, loss.mails.value) for loss in after} == {(0, 0)}


def test_what_is_much_is_told_about_and_never_read_through(session, monkeypatch):
    monkeypatch.setattr(removal_preview, "COUNTED", 10)
    monkeypatch.setattr(sizes, "PICKED", 30)
    for number in range(60):
        an_ended_mail(session, days_ago(100), body=b"%d" % number)
    session.commit()

    loss = plan(session, CHOICE).losses[Stream.CRM]

    assert {loss.bodies.is_exact, loss.octets.is_exact, loss.mails.is_exact} == {False}
    assert (loss.bodies.value, loss.mails.value) == (60, 60)
    assert loss.octets.value == 6000


def test_time_that_no_worker_has_seen_is_taken_off_in_the_preview_too(session):
    an_ended_mail(session, days_ago(91))
    clock = RunningClock(
        id=1,
        seen_at=NOON,
        lived_us=0,
        gap_us=0,
        gap_until_id=0,
        gap_lived_us=0,
        extra_us=int(timedelta(days=2).total_seconds()) * 10**6,
    )
    session.add(clock)
    session.commit()

    assert plan(session, CHOICE).losses[Stream.CRM].mails == Count(0)
    assert plan(session, CHOICE, now=NOON + timedelta(days=1)).losses[Stream.CRM].mails == Count(1)


def test_sizes_are_exact_where_there_is_little(session):
    some_mail(session)

    shown = show_retention(session, OPERATOR)

    crm = shown.sizes[Stream.CRM]
    assert (crm.mails, crm.bodies, crm.attempts) == (Count(13), Count(13), Count(20))
    assert shown.sizes[Stream.CUSTOMER_SERVICE].mails == Count(0)
    assert shown.database.total > 0


def test_sizes_of_much_are_about_right(session, monkeypatch):
    monkeypatch.setattr(sizes, "PICKED", 60)
    for number in range(120):
        stream = Stream.CRM if number % 2 else Stream.SYSTEM
        an_ended_mail(session, days_ago(1), stream=stream)
    session.commit()

    found = show_retention(session, OPERATOR).sizes[Stream.CRM].mails

    assert not found.is_exact
    assert 30 <= found.value <= 90


def test_saved_choice_holds_and_is_written_down(session):
    save(session, CHOICE)

    assert retentions(session) == CHOICE
    events = {event.subject: event for event in session.query(AuditEvent).all()}
    assert set(events) == {"account_type:crm", "account_type:system"}
    event = events["account_type:system"]
    assert (event.action, event.actor) == ("settings.retention_changed", OPERATOR.name)
    assert (event.before, event.after) == ({"bodies_days": None}, {"bodies_days": 0})
    assert events["account_type:crm"].after == {"bodies_days": 30, "mails_days": 90}


def test_for_ever_again_leaves_no_row(session):
    save(session, CHOICE)
    save(session, NOTHING)

    assert retentions(session) == NOTHING


def test_what_was_not_looked_at_is_not_saved(session):
    other = CHOICE | {Stream.CRM: Retention(1, 1)}

    with pytest.raises(StaleRetention):
        save(session, other, seen=CHOICE)
    assert retentions(session) == NOTHING


def test_of_two_who_save_at_once_the_second_is_told(session, engine):
    shown = plan(session, CHOICE)

    def act(own):
        try:
            change_retention(
                own, OPERATOR, wanted=CHOICE, version=shown.version, seal=shown.seal, now=NOON
            )
        except StaleRetention:
            return "stale"
        return "saved"

    assert sorted(at_once(engine, act, act, act)) == ["saved", "stale", "stale"]


@pytest.mark.parametrize(
    ("retention", "field"),
    [
        (Retention(-1, None), "bodies"),
        (Retention(3651, None), "bodies"),
        (Retention(0, 0), "mails"),
        (Retention(0, 3651), "mails"),
        (Retention(31, 30), "bodies"),
        (Retention(None, 30), "bodies"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(session, retention, field):
    assert list(retention_errors(retention)) == [field]
    with pytest.raises(Invalid) as refused:
        plan(session, NOTHING | {Stream.CRM: retention})
    assert list(refused.value.errors) == [f"crm-{field}"]


@pytest.mark.parametrize(
    "retention",
    [
        *FIRST.values(),
        KEEP_ALL,
        Retention(0, 1),
        Retention(30, 30),
        replace(KEEP_ALL, bodies_days=3650),
    ],
)
def test_sensible_times_can_be_chosen(retention):
    assert retention_errors(retention) == {}

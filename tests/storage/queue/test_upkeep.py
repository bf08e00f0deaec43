"""Time ends what is too late and decides what was left in doubt."""

from datetime import timedelta
from typing import Any

import pytest

from panel.domain.delivery import DeliveryState, Stream, UnconfirmedPolicy
from panel.domain.permission import EVERYTHING
from panel.domain.ruling import Choice
from panel.storage.models import OwnPolicy
from panel.storage.queries.rulings import rulings_of
from panel.storage.queue import upkeep
from panel.storage.queue.rulings import Wish, carry_out
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.kit.plans import full_scans, plan_of
from tests.storage.queue.holding import MINUTE, at_once, ids, row, take

DAYS = timedelta(days=4)
TOO_LATE: dict[str, Any] = {"expires_at": NOON}


def expire(session) -> int:
    moved = upkeep.expire(session, now=NOON)
    session.commit()
    return moved


def decide(session) -> int:
    moved = upkeep.decide_unconfirmed(session, now=NOON)
    session.commit()
    return moved


def in_doubt(session, stream: Stream = Stream.SYSTEM, **overrides) -> int:
    """An unconfirmed delivery whose policy is due; the provider that may have it is there."""
    values: dict[str, Any] = {
        "state": DeliveryState.UNCONFIRMED,
        "provider_id": overrides.pop("provider_id", None) or a_provider(session).id,
        "rule": "answer_lost",
    }
    return a_delivery(session, a_message(session, stream=stream), **(values | overrides)).id


def ruled(session, identifier: int) -> list[tuple[Choice, str, DeliveryState]]:
    """What was decided about a delivery, by whom, and how it stood before."""
    found = rulings_of(session, identifier)
    session.rollback()
    return [(one.choice, one.actor, one.state_before) for one in found]


@pytest.mark.parametrize(
    "state", [DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.HELD]
)
def test_what_waits_beyond_its_time_expires_and_keeps_its_reason(session, state):
    identifier = a_delivery(
        session, state=state, rule="greylisted", said="451 Later", **TOO_LATE
    ).id

    assert expire(session) == 1

    found = row(session, identifier)
    assert (found.state, found.ended_at) == (DeliveryState.EXPIRED, NOON)
    assert (found.rule, found.said) == ("greylisted", "451 Later")
    assert found.next_attempt_at is None


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.SENDING,
        DeliveryState.UNCONFIRMED,
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.CANCELLED,
    ],
)
def test_what_is_on_its_way_in_doubt_or_ended_does_not_expire(session, state):
    identifier = a_delivery(session, state=state, **TOO_LATE).id

    assert expire(session) == 0
    assert row(session, identifier).state is state


def test_nothing_expires_before_its_time(session):
    a_delivery(session, expires_at=NOON + MINUTE)

    assert expire(session) == 0


def test_a_held_mail_that_waits_for_a_person_expires_too(session):
    identifier = a_delivery(session, state=DeliveryState.HELD, next_attempt_at=None, **TOO_LATE).id

    expire(session)

    assert row(session, identifier).state is DeliveryState.EXPIRED


def test_expiry_goes_in_portions(session, monkeypatch):
    monkeypatch.setattr(upkeep, "_BATCH", 2)
    for _ in range(5):
        a_delivery(session, **TOO_LATE)

    assert [expire(session) for _ in range(4)] == [2, 2, 1, 0]


def test_a_claim_and_expiry_never_both_win(session, engine):
    """At the last moment: to the claim it is in time, to the expiry it is not."""
    identifier = a_delivery(session, **TOO_LATE).id
    session.commit()

    taken, expired = at_once(
        engine, lambda other: ids(take(other, now=NOON - MINUTE + MINUTE / 60)), expire
    )

    state = row(session, identifier).state
    assert (len(taken), expired) in {(1, 0), (0, 1), (0, 0)}
    assert (state is DeliveryState.SENDING) == (taken == [identifier])


def test_system_mail_is_sent_again_by_the_provider_that_may_have_sent_it(session):
    provider = a_provider(session)
    identifier = in_doubt(session, provider_id=provider.id)

    assert decide(session) == 1

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.QUEUED, NOON)
    assert (found.copies, found.sticky_provider_id) == (1, provider.id)
    assert ruled(session, identifier) == [(Choice.SEND_AGAIN, "", DeliveryState.UNCONFIRMED)]


def test_a_copy_whose_answer_is_lost_as_well_is_left_to_a_person(session):
    identifier = in_doubt(session, copies=1)

    decide(session)

    found = row(session, identifier)
    assert (found.state, found.copies) == (DeliveryState.UNCONFIRMED, 1)
    assert (found.next_attempt_at, found.rule) == (None, upkeep.COPY_UNCONFIRMED)
    assert ruled(session, identifier) == []


def test_what_is_too_late_for_a_copy_may_have_arrived_and_does_not_expire(session):
    identifier = in_doubt(session, expires_at=NOON)

    decide(session)

    assert expire(session) == 0
    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.UNCONFIRMED, upkeep.COPY_TOO_LATE)


@pytest.mark.parametrize(
    "state", [DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.HELD]
)
def test_copy_that_is_too_late_may_have_arrived_the_first_time_and_does_not_expire(session, state):
    identifier = a_delivery(session, state=state, copies=1, **TOO_LATE).id

    assert expire(session) == 1

    found = row(session, identifier)
    assert (found.state, found.ended_at) == (DeliveryState.UNCONFIRMED, None)
    assert (found.next_attempt_at, found.rule) == (None, upkeep.COPY_TOO_LATE)
    assert expire(session) == decide(session) == 0


GONE: list[dict[str, Any]] = [{"is_active": False}, {"is_active": True, "deleted_at": NOON}]


@pytest.mark.parametrize("gone", GONE)
def test_copy_whose_provider_is_gone_becomes_a_persons_decision(session, gone):
    provider = a_provider(session, **gone)
    identifier = in_doubt(session, provider_id=provider.id)

    assert [decide(session), decide(session)] == [1, 0]

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.UNCONFIRMED, None)
    assert (found.rule, found.copies) == (upkeep.PROVIDER_GONE, 0)


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize(
    "state", [DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.HELD]
)
def test_copy_that_waits_for_a_provider_that_goes_becomes_a_persons_decision(session, gone, state):
    provider = a_provider(session, **gone)
    bound = {"state": state, "sticky_provider_id": provider.id}
    identifier = a_delivery(session, copies=1, rule="no_route", **bound).id
    first_try = a_delivery(session, rule="no_route", **bound).id

    assert [decide(session), decide(session)] == [1, 0]

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.UNCONFIRMED, upkeep.PROVIDER_GONE)
    assert row(session, first_try).state is state


def test_copy_waits_for_a_provider_that_is_only_out_of_order(session):
    provider = a_provider(session)
    identifier = a_delivery(session, copies=1, sticky_provider_id=provider.id).id

    assert decide(session) == 0
    assert row(session, identifier).state is DeliveryState.QUEUED


def test_rules_of_the_organisation_decide_instead_of_the_defaults(session):
    session.add(OwnPolicy(stream=Stream.SYSTEM, unconfirmed=UnconfirmedPolicy.HOLD))
    session.add(OwnPolicy(stream=Stream.CRM, unconfirmed=UnconfirmedPolicy.ASSUME_SENT))
    session.add(OwnPolicy(stream=Stream.CAMPAIGNS, unconfirmed=UnconfirmedPolicy.RESEND))
    made = {stream: in_doubt(session, stream) for stream in Stream}

    assert decide(session) == len(Stream)

    states = {stream: row(session, identifier).state for stream, identifier in made.items()}
    assert states == {
        Stream.SYSTEM: DeliveryState.UNCONFIRMED,
        Stream.CUSTOMER_SERVICE: DeliveryState.UNCONFIRMED,
        Stream.CRM: DeliveryState.SENT,
        Stream.CAMPAIGNS: DeliveryState.QUEUED,
    }
    assert decide(session) == 0


def test_policy_and_person_never_both_decide(session, engine):
    made = [in_doubt(session, Stream.CAMPAIGNS) for _ in range(30)]
    session.commit()

    def give_up(other) -> int:
        wish = Wish(Choice.GIVE_UP, "ada@house.test", NOON)
        moved = carry_out(other, EVERYTHING, wish, ids=made)
        other.commit()
        return len(moved)

    at_once(engine, decide, give_up, decide, give_up)

    for identifier in made:
        (decision,) = ruled(session, identifier)
        by_rule = (Choice.COUNT_AS_SENT, "", DeliveryState.UNCONFIRMED)
        is_sent = row(session, identifier).state is DeliveryState.SENT
        assert (decision == by_rule) == is_sent


def test_upkeep_of_a_million_mails_reads_none_that_need_no_decision(session):
    a_crowd(session, 500)

    expiring = plan_of(session, lambda: upkeep.expire(session, now=NOON - DAYS))
    deciding = plan_of(session, lambda: upkeep.decide_unconfirmed(session, now=NOON - DAYS))

    assert full_scans(expiring) + full_scans(deciding) == []


def test_campaigns_count_as_sent(session):
    identifier = in_doubt(session, Stream.CAMPAIGNS)

    decide(session)

    found = row(session, identifier)
    assert (found.state, found.ended_at) == (DeliveryState.SENT, NOON)
    assert (found.rule, found.copies) == ("answer_lost", 0)
    assert ruled(session, identifier) == [(Choice.COUNT_AS_SENT, "", DeliveryState.UNCONFIRMED)]


@pytest.mark.parametrize("stream", [Stream.CRM, Stream.CUSTOMER_SERVICE])
def test_what_people_decide_waits_for_them_and_never_turns_in_a_circle(session, stream):
    identifier = in_doubt(session, stream)

    assert [decide(session), decide(session)] == [1, 0]
    assert row(session, identifier).state is DeliveryState.UNCONFIRMED


def test_no_policy_decides_before_its_delay_has_passed(session):
    identifier = in_doubt(session, next_attempt_at=NOON + MINUTE)

    assert decide(session) == 0
    assert row(session, identifier).state is DeliveryState.UNCONFIRMED


def test_several_who_decide_at_once_send_one_copy(session, engine):
    made = [in_doubt(session) for _ in range(30)]
    session.commit()

    at_once(engine, decide, decide, decide)

    assert {row(session, identifier).copies for identifier in made} == {1}

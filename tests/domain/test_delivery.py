"""States, streams and policies fit together."""

from datetime import timedelta

import pytest

from panel.domain.delivery import (
    DUE_STATES,
    POLICIES,
    WAITING_STATES,
    DeliveryState,
    Stream,
    UnconfirmedPolicy,
    flow_id,
    partner_of,
    stream_of,
)


def test_lanes_are_served_in_the_order_system_customers_crm_campaigns():
    assert sorted(Stream, key=lambda stream: stream.lane) == [
        Stream.SYSTEM,
        Stream.CUSTOMER_SERVICE,
        Stream.CRM,
        Stream.CAMPAIGNS,
    ]


def test_every_stream_of_every_partner_is_a_flow_of_its_own():
    numbers = [flow_id(stream, partner) for partner in (None, 1, 2, 70_000) for stream in Stream]

    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("partner_id", [None, 1, 70_000])
@pytest.mark.parametrize("stream", Stream)
def test_a_flow_tells_its_stream_and_its_partner(stream, partner_id):
    number = flow_id(stream, partner_id)

    assert (stream_of(number), partner_of(number)) == (stream, partner_id)


@pytest.mark.parametrize("stream", Stream)
def test_every_stream_has_a_policy_and_expires_after_five_days(stream):
    assert POLICIES[stream].expires_after == timedelta(days=5)


def test_a_lost_answer_is_repeated_left_to_people_or_taken_as_sent_by_stream():
    policies = {stream: POLICIES[stream].unconfirmed for stream in Stream}

    assert policies == {
        Stream.SYSTEM: UnconfirmedPolicy.RESEND,
        Stream.CUSTOMER_SERVICE: UnconfirmedPolicy.HOLD,
        Stream.CRM: UnconfirmedPolicy.HOLD,
        Stream.CAMPAIGNS: UnconfirmedPolicy.ASSUME_SENT,
    }
    assert POLICIES[Stream.SYSTEM].unconfirmed_delay == timedelta(seconds=60)


def test_no_worker_claims_what_may_be_out_or_has_ended():
    assert {
        DeliveryState.QUEUED,
        DeliveryState.DEFERRED,
        DeliveryState.HELD,
    } == DUE_STATES
    assert DUE_STATES < WAITING_STATES


def test_what_has_ended_does_not_wait():
    ended = set(DeliveryState) - WAITING_STATES

    assert {state.value for state in ended} == {
        "sent",
        "failed",
        "expired",
        "cancelled",
        "delivered",
        "bounced",
        "complained",
    }

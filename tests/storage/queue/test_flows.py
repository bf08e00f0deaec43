"""Flows with waiting mail are found without reading the mail."""

from datetime import timedelta
from itertools import chain

import pytest
from sqlalchemy import insert

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.storage.models import Delivery
from panel.storage.queue.flows import Flow, flows, look
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.kit.plans import full_scans, plan_of, sorts
from tests.storage.queue.holding import MINUTE


def test_without_waiting_mail_there_is_no_flow(session, engine):
    a_delivery(session, state=DeliveryState.SENT)
    session.commit()

    assert look(engine, now=NOON) == ()


def test_each_flow_is_told_once_with_the_time_of_its_first_mail(session, engine):
    partner = a_partner(session).id
    for stream, partner_id, minutes in [
        (Stream.SYSTEM, None, 5),
        (Stream.SYSTEM, None, -3),
        (Stream.CAMPAIGNS, None, 1),
        (Stream.SYSTEM, partner, 0),
        (Stream.SYSTEM, partner, 2),
    ]:
        message = a_message(session, stream=stream, partner_id=partner_id)
        a_delivery(session, message, next_attempt_at=NOON + MINUTE * minutes)
    session.commit()

    assert look(engine, now=NOON) == (
        Flow(flow_id(Stream.SYSTEM, None), Stream.SYSTEM, None, NOON - MINUTE * 3),
        Flow(flow_id(Stream.CAMPAIGNS, None), Stream.CAMPAIGNS, None, NOON + MINUTE),
        Flow(flow_id(Stream.SYSTEM, partner), Stream.SYSTEM, partner, NOON),
    )


@pytest.mark.parametrize(
    ("overrides", "is_waiting"),
    [
        ({"state": DeliveryState.QUEUED}, True),
        ({"state": DeliveryState.DEFERRED}, True),
        ({"state": DeliveryState.HELD}, True),
        ({"state": DeliveryState.HELD, "next_attempt_at": None}, False),
        ({"state": DeliveryState.SENDING}, False),
        ({"state": DeliveryState.UNCONFIRMED}, False),
        ({"expires_at": NOON}, False),
    ],
)
def test_only_what_a_worker_may_claim_makes_a_flow(session, overrides, is_waiting):
    a_delivery(session, **overrides)
    session.commit()

    assert bool(flows(session, now=NOON)) is is_waiting


def test_mail_that_is_too_late_does_not_hide_what_comes_after_it(session):
    a_delivery(session, expires_at=NOON, next_attempt_at=NOON - MINUTE)
    a_delivery(session, next_attempt_at=NOON + MINUTE)
    session.commit()

    (flow,) = flows(session, now=NOON)

    assert flow.due_at == NOON + MINUTE


def test_many_flows_come_in_pages(session):
    message = a_message(session)
    shared = {
        "message_id": message.id,
        "stream": Stream.SYSTEM,
        "recipient": "kim@contoso.test",
        "state": DeliveryState.QUEUED,
        "created_at": NOON,
        "next_attempt_at": NOON,
        "route": [],
    }
    rows = [
        shared | {"flow": number * 8, "expires_at": NOON + timedelta(days=number % 3)}
        for number in range(30)
    ]
    session.execute(insert(Delivery), rows)
    session.commit()

    pages, after = [], -1
    while page := flows(session, now=NOON, after=after, limit=8):
        pages.append([flow.id // 8 for flow in page])
        after = page[-1].id

    assert [len(page) for page in pages] == [8, 8, 4]
    assert [*chain(*pages)] == [number for number in range(30) if number % 3]


def test_flows_are_found_by_the_index_alone(session):
    a_crowd(session, 500)

    plan = plan_of(session, lambda: flows(session, now=NOON))

    assert "ix_deliveries_due" in plan
    assert full_scans(plan) == []
    assert sorts(plan) == []

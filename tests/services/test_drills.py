"""Beginning a failover drill, following it, and what the last one tells of each provider."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import AttemptStatus, DeliveryState, Stream
from panel.domain.drill import LIFE, DrillResult
from panel.domain.permission import COMMAND_LINE, Role
from panel.domain.provider import ServiceType
from panel.services.drills import (
    Letter,
    NoDrill,
    begin_drill,
    drill_notes,
    follow_drill,
    latest_drills,
)
from panel.services.refusals import Invalid, NotAllowed, NotFound
from panel.services.routes import RouteWish
from panel.storage.models import AuditEvent, Delivery, Drill, Message
from tests.domain.test_permission import a_user as an_actor
from tests.factories.drills import a_drill
from tests.factories.mail import an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

LATER = NOON + timedelta(seconds=5)
LETTER = Letter("Drill", "Nothing to do.\n")


@pytest.fixture
def begin(session, vault):
    """Begins a drill."""

    def begin(actor=COMMAND_LINE, recipient="kim@house.test", **wish):
        session.commit()
        wanted = RouteWish(recipient=recipient, **wish)
        return begin_drill(session, actor, wish=wanted, letter=LETTER, vault=vault, now=NOON)

    return begin


@pytest.fixture
def pair(session):
    """Two active providers of the house."""
    return a_provider(session, name="relay one"), a_provider(session, name="relay two")


def nothing_is_queued(session):
    return session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_drill_is_a_mail_in_the_queue_that_treats_the_first_provider_as_down(
    session, begin, pair
):
    drill = begin(stream=Stream.CRM)

    message = session.get_one(Message, drill.message_id)
    delivery = session.get_one(Delivery, drill.delivery_id)
    assert (message.source, message.down_provider_id) == ("drill", pair[0].id)
    assert (message.stream, message.subject) == (Stream.CRM, "Drill")
    assert (delivery.state, delivery.recipient) == (DeliveryState.QUEUED, "kim@house.test")
    assert delivery.expires_at == NOON + LIFE
    assert (drill.down_name, drill.stand_in_name) == ("relay one", "relay two")
    assert (drill.started_at, drill.ended_at, drill.result) == (NOON, None, None)


def test_beginning_a_drill_is_audited(session, begin, pair):
    drill = begin()

    (event,) = session.scalars(select(AuditEvent))
    assert (event.actor, event.action) == ("command line", "drill.started")
    assert event.subject == f"drill:{drill.id}"
    assert event.after == {"down": "relay one", "stream": "system", "to": "kim@house.test"}


def test_a_partners_drill_goes_past_its_own_first_provider(session, begin, pair):
    partner = a_partner(session, slug="acme")
    a_provider(session, name="own", partner_id=partner.id)

    drill = begin(partner="acme", from_email="ann@shop.test")

    assert (drill.down_name, drill.stand_in_name) == ("own", "relay one")
    assert session.get_one(Message, drill.message_id).partner_id == partner.id
    assert session.get_one(Message, drill.message_id).from_email == "ann@shop.test"


def test_without_a_second_provider_nothing_is_sent_and_the_route_shows_why(session, begin):
    a_provider(session, name="relay one")
    a_provider(session, name="asleep", is_active=False, service_type=ServiceType.FALLBACK)

    with pytest.raises(NoDrill) as refusal:
        begin()

    assert "Only relay one can carry" in str(refusal.value)
    assert [step.name for step in refusal.value.route.steps] == ["relay one", "asleep"]
    assert nothing_is_queued(session)


def test_without_any_provider_nothing_is_sent(session, begin):
    with pytest.raises(NoDrill, match="No provider can carry"):
        begin()

    assert nothing_is_queued(session)


@pytest.mark.parametrize("recipient", ["", "kim@", "kim@house.test\nBcc: eve@evil.test"])
def test_a_drill_needs_an_address_that_is_one(session, begin, pair, recipient):
    with pytest.raises(Invalid) as refusal:
        begin(recipient=recipient)

    assert set(refusal.value.errors) == {"recipient"}
    assert nothing_is_queued(session)


@pytest.mark.parametrize("actor", [an_actor(Role.SUPPORT), an_actor(Role.PARTNER_ADMIN, 7)])
def test_only_operators_begin_drills(session, begin, pair, actor):
    with pytest.raises(NotAllowed):
        begin(actor)

    assert nothing_is_queued(session)


def test_a_drill_is_followed_from_the_queue_to_its_arrival(session, begin, pair):
    drill = begin()
    begun = follow_drill(session, COMMAND_LINE, drill_id=drill.id, now=LATER)
    assert (begun.result, begun.attempts, begun.has_worker) == (None, (), False)

    delivery = session.get_one(Delivery, drill.delivery_id)
    an_attempt(
        session,
        delivery,
        provider_id=pair[1].id,
        provider_name="relay two",
        status=AttemptStatus.SUCCESS,
        rule="accepted",
        said="250 Taken as 7",
        finished_at=LATER,
    )
    delivery.state = DeliveryState.SENT
    delivery.route = [
        {"provider_id": pair[0].id, "name": "relay one", "skip": "drill"},
        {"provider_id": pair[1].id, "name": "relay two", "skip": None},
    ]
    session.commit()

    arrived = follow_drill(session, COMMAND_LINE, drill_id=drill.id, now=LATER)
    assert arrived.result is DrillResult.PASSED
    assert [(stop.name, stop.skip) for stop in arrived.route] == [
        ("relay one", "drill"),
        ("relay two", None),
    ]


def test_what_was_kept_of_a_drill_outlives_its_mail(session, pair):
    drill = a_drill(session, *pair, ended_at=LATER, result=DrillResult.PASSED, rule="accepted")
    session.delete(session.get_one(Delivery, drill.delivery_id))
    session.commit()

    followed = follow_drill(session, COMMAND_LINE, drill_id=drill.id, now=LATER)
    assert (followed.result, followed.rule) == (DrillResult.PASSED, "accepted")


def test_a_drill_that_is_not_there_is_not_found(session):
    with pytest.raises(NotFound):
        follow_drill(session, COMMAND_LINE, drill_id=4711, now=NOON)


def test_each_provider_has_the_result_of_the_last_drill_that_tells_of_it(session, pair):
    one, two = pair
    three = a_provider(session)
    passed: dict[str, Any] = {
        "ended_at": NOON,
        "result": DrillResult.PASSED,
        "taken_by_provider_id": two.id,
    }
    failed: dict[str, Any] = {"ended_at": LATER, "result": DrillResult.FAILED}
    by_three = failed | {"result": DrillResult.PASSED, "taken_by_provider_id": three.id}
    a_drill(session, one, two, **passed)
    assert notes(session) == {two.id: (True, NOON)}
    a_drill(session, one, two, **failed)
    assert notes(session) == {two.id: (False, LATER)}
    a_drill(session, one, two, **by_three)
    assert notes(session) == {two.id: (False, LATER), three.id: (True, LATER)}
    a_drill(session, one, two)
    assert notes(session) == {two.id: (False, LATER), three.id: (True, LATER)}


def notes(session):
    found = drill_notes(session, COMMAND_LINE)
    return {provider_id: (note.has_passed, note.at) for provider_id, note in found.items()}


def test_the_latest_drills_come_first(session, pair):
    first, second = a_drill(session, *pair), a_drill(session, *pair)

    assert list(latest_drills(session, COMMAND_LINE)) == [second, first]
    assert session.scalar(select(func.count()).select_from(Drill)) == 2

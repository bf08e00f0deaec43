"""What a worker takes out of the queue: room for every stream and partner, no more than can go."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.delivery import Stream, flow_id
from panel.domain.room import LOOK_EVERY, LOOKS
from panel.sending.claims_plan import LEAST_ROOM, ClaimsPlan
from panel.sending.desk import Desk
from panel.sending.line import CONNECTIONS, LEAST_A_CONNECTION
from panel.storage.queue.flows import Flow
from tests.factories.mail import a_delivery, a_message
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.sending.surroundings import a_desk, a_snapshot
from tests.storage.queue.holding import take

ROOM = LEAST_A_CONNECTION * CONNECTIONS
"""For a provider whose pace is not known yet."""


@pytest.fixture
def planned(engine, session, vault) -> Callable[[Callable[[Desk], Any]], Any]:
    """Runs `act` with a desk that knows the providers."""

    def planned(act: Callable[[Desk], Any]) -> Any:
        session.commit()
        snapshot = a_snapshot(session, vault)

        async def run() -> Any:
            async with a_desk(engine, snapshot) as desk:
                return act(desk)

        return asyncio.run(run())

    return planned


def a_flow(clock, stream: Stream = Stream.SYSTEM, partner_id: int | None = None) -> Flow:
    return Flow(flow_id(stream, partner_id), stream, partner_id, clock)


def shares(desk: Desk, clock, *flows: Flow) -> dict[int, int]:
    return {item.flow_id: item.limit for item in ClaimsPlan(desk).shares(flows, clock)}


def test_every_stream_has_room_of_its_own_and_system_mail_comes_first(planned, session, clock):
    a_provider(session)
    system, campaigns = a_flow(clock), a_flow(clock, Stream.CAMPAIGNS)

    found = planned(lambda desk: shares(desk, clock, campaigns, system))

    assert found == {system.id: ROOM, campaigns.id: ROOM}
    assert next(iter(found)) == system.id


def test_partners_that_share_a_provider_share_its_room_evenly(planned, session, clock):
    a_provider(session)
    flows = [a_flow(clock, Stream.CRM, a_partner(session).id) for _ in range(4)]

    found = planned(lambda desk: shares(desk, clock, *flows))

    assert found == {flow.id: ROOM // len(flows) for flow in flows}


def test_however_many_partners_there_are_each_has_some_room(planned, session, clock):
    a_provider(session)
    flows = [a_flow(clock, Stream.CRM, a_partner(session).id) for _ in range(30)]

    found = planned(lambda desk: shares(desk, clock, *flows))

    assert set(found.values()) == {LEAST_ROOM}
    assert len(found) == 30


def test_a_partner_with_a_provider_of_its_own_takes_no_room_from_others(planned, session, clock):
    a_provider(session)
    partner = a_partner(session).id
    a_provider(session, partner_id=partner)
    own, house = a_flow(clock, Stream.CRM, partner), a_flow(clock, Stream.CRM)

    assert planned(lambda desk: shares(desk, clock, own, house)) == {own.id: ROOM, house.id: ROOM}


def test_no_more_is_taken_than_an_allowance_lets_through(planned, session, clock):
    a_provider(session, per_minute=7)
    flow = a_flow(clock)

    assert planned(lambda desk: shares(desk, clock, flow)) == {flow.id: 7}


def test_one_mail_tries_whether_a_provider_is_back(planned, session, clock):
    provider = a_provider(session).id
    flow = a_flow(clock)

    def act(desk: Desk) -> dict[int, int]:
        due = Breaker(BreakerState.OPEN, retry_at=clock - timedelta(seconds=1))
        desk.roster.set_breaker(provider, due)
        return shares(desk, clock, flow)

    assert planned(act) == {flow.id: 1}


def test_some_mail_that_can_go_nowhere_is_taken_to_tell_why_and_the_rest_is_left(
    planned, session, clock
):
    retry_at = clock + timedelta(seconds=30)
    provider = a_provider(session).id
    a_delivery(session, a_message(session))
    session.commit()
    messages = take(session)
    flow = a_flow(clock)

    def act(desk: Desk) -> list[Any]:
        desk.roster.set_breaker(provider, Breaker(BreakerState.OPEN, retry_at=retry_at))
        plan = ClaimsPlan(desk)
        told: list[Any] = [plan.shares([flow], clock), plan.again_at]
        for _ in range(LOOKS):
            plan.claimed(messages)
        told.append(plan.shares([flow], clock))
        told.append(plan.shares([flow], clock + LOOK_EVERY / 3))
        told.append(plan.again_at)
        return told

    looked, again_at, later, much_later, still = planned(act)

    assert [item.limit for item in looked] == [LOOKS]
    assert again_at == still == retry_at
    assert later == much_later == ()


def test_mail_without_any_provider_is_looked_at_again_after_a_while(planned, clock):
    flow = a_flow(clock)

    def act(desk: Desk) -> list[int]:
        plan = ClaimsPlan(desk)
        return [
            item.limit for at in (clock, clock + LOOK_EVERY) for item in plan.shares([flow], at)
        ]

    assert planned(act) == [LOOKS, LOOKS]


def test_each_connection_finds_a_mail_to_name_ahead_before_more_are_taken(planned, session, clock):
    """One is on the wire and one is named to the server, on every connection."""
    provider = a_provider(session).id
    flow = a_flow(clock)

    def act(desk: Desk) -> list[int]:
        line = desk.lines.to(provider, desk)
        taken: list[int] = []
        for in_hand in range(ROOM + 1):
            line._in_hand[flow.id] = in_hand
            taken.append(shares(desk, clock, flow).get(flow.id, 0))
        return taken

    taken = planned(act)

    assert min(taken[: 2 * CONNECTIONS + 1]) >= ROOM - 2 * CONNECTIONS

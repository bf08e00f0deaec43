"""What the panel shows of a mail's way is what the sender does: in any world, for any mail."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, event, given, settings

from panel.domain.permission import COMMAND_LINE
from panel.sending.dispatch import Dispatch
from panel.sending.parcels import parcel
from panel.sending.preview import WaitingMail, look_along
from panel.sending.snapshot import Snapshot
from panel.services.routes import RouteWish, show_route
from panel.storage.models import Message
from panel.storage.queue.roster import members, partners_without_house
from tests.sending.surroundings import a_desk, a_roster
from tests.sending.worlds import WORLDS, build
from tests.storage.queue.holding import TOKEN, a_worker_row, log_of, row, take

in_many_worlds = settings(
    max_examples=40,
    deadline=None,
    # The database is emptied for each world.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def clock():
    """The present: rounds work by the clock."""
    return datetime.now(UTC)


def snapshot_of(session, vault, now):
    """The providers as a worker reads them; no transaction stays open."""
    found = Snapshot(members(session, vault, now=now), partners_without_house(session))
    session.expunge_all()
    session.rollback()
    return found


def foreseen(session, vault, world, delivery_id, now):
    """What the mail page foresees for the mail that lies in the queue."""
    message = session.get_one(Message, row(session, delivery_id).message_id)
    mail = WaitingMail(
        stream=message.stream,
        partner_id=message.partner_id,
        from_email=message.from_email,
        size=message.size,
        down_provider_id=message.down_provider_id,
    )
    stops = look_along(session, vault, mail, now=now)
    session.expunge_all()
    session.rollback()
    return stops


@given(world=WORLDS)
@in_many_worlds
def test_the_sender_asks_whom_the_panel_foresees_in_that_order_and_skips_the_others(
    engine, session, vault, clock, world
):
    delivery_id = build(session, world, vault=vault, now=clock)
    stops = foreseen(session, vault, world, delivery_id, clock)
    snapshot = snapshot_of(session, vault, clock)

    carry(engine, session, snapshot, clock)

    tried = [attempt.provider_id for attempt in log_of(session, delivery_id)]
    assert tried == [stop.link.provider_id for stop in stops if stop.link.skip is None]
    event(f"{len(tried)} tried, {len(stops) - len(tried)} skipped")
    told = [(link["provider_id"], link["skip"]) for link in row(session, delivery_id).route]
    assert told == [(stop.link.provider_id, stop.link.skip) for stop in stops]


@given(world=WORLDS)
@in_many_worlds
def test_the_routes_page_shows_the_senders_chain_and_the_from_that_it_would_send(
    engine, session, vault, clock, world
):
    build(session, world, vault=vault, now=clock)
    wish = RouteWish(world.stream, world.partner or "", world.sender, "kim@contoso.test")
    route = show_route(session, COMMAND_LINE, wish=wish, vault=vault, now=clock)
    session.expunge_all()
    session.rollback()
    roster = a_roster(snapshot_of(session, vault, clock))
    (message,) = take(session, now=clock)

    if message.down_provider_id is None:
        links = roster.links(message, sticky=None, now=clock)
        assert [(step.id, step.skip) for step in route.steps] == [
            (link.provider_id, link.skip) for link in links
        ]
    for step in route.steps:
        made = parcel(message, ("kim@contoso.test",), roster.candidate(step.id, now=clock))
        assert made.reverse_path == step.sender.mailbox.email
        assert f"<{made.reverse_path}>".encode() in made.header or (
            f"From: {made.reverse_path}\r\n".encode() in made.header
        )
        assert (b"Reply-To: " in made.header) is step.sender.is_replaced


def carry(engine, session, snapshot, clock):
    """One round of everything that is due."""
    if not session.info.get("has_worker"):
        a_worker_row(session, now=clock)
        session.info["has_worker"] = True
    messages = take(session, now=clock)

    async def run():
        async with a_desk(engine, snapshot) as desk:
            await asyncio.gather(*(Dispatch(desk, item, TOKEN).run() for item in messages))

    asyncio.run(run())

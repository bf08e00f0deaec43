"""Who comes next at a provider: streams by weight, partners in turn, nobody for ever last."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

from panel.domain.delivery import Stream
from panel.sending.waiting_room import WEIGHTS, WaitingRoom


def an_offer(stream: Stream, partner_id: int | None = None, name: str = "") -> Any:
    """All that the room asks of an offer."""
    return SimpleNamespace(message=SimpleNamespace(stream=stream, partner_id=partner_id), name=name)


def full_room(count: int) -> WaitingRoom:
    room = WaitingRoom()
    for stream in reversed(Stream):
        for _ in range(count):
            room.put(an_offer(stream))
    return room


def taken(room: WaitingRoom, count: int) -> Counter[Stream]:
    offers = [room.take() for _ in range(count)]
    return Counter(offer.message.stream for offer in offers if offer is not None)


def test_streams_that_all_wait_are_served_by_their_weights():
    assert taken(full_room(100), 150) == {stream: weight * 10 for stream, weight in WEIGHTS.items()}


def test_system_mail_comes_first():
    offer = full_room(1).take()

    assert offer is not None
    assert offer.message.stream is Stream.SYSTEM


def test_a_stream_that_did_not_wait_has_saved_nothing_up():
    room = WaitingRoom()
    for _ in range(50):
        room.put(an_offer(Stream.CAMPAIGNS))
    taken(room, 30)
    for _ in range(50):
        room.put(an_offer(Stream.SYSTEM))

    assert taken(room, 9) == {Stream.SYSTEM: 8, Stream.CAMPAIGNS: 1}


def test_partners_of_a_stream_are_served_in_turn_however_many_mails_one_has():
    room = WaitingRoom()
    for _ in range(100):
        room.put(an_offer(Stream.CRM, partner_id=1))
    room.put(an_offer(Stream.CRM, partner_id=2))
    room.put(an_offer(Stream.CRM))

    first = [room.take() for _ in range(3)]

    assert {offer.message.partner_id for offer in first if offer} == {1, 2, None}


def test_only_the_streams_asked_for_are_served():
    room = WaitingRoom()
    room.put(an_offer(Stream.CAMPAIGNS))

    assert room.take(only_system=True) is None
    assert len(room) == 1


def test_who_is_put_first_comes_first_of_its_stream():
    room = WaitingRoom()
    room.put(an_offer(Stream.CRM, partner_id=1, name="a"))
    room.put(an_offer(Stream.CRM, partner_id=2, name="b"))

    room.put(an_offer(Stream.CRM, partner_id=2, name="c"), first=True)

    names = [getattr(offer, "name", "") for offer in room.take_all()]
    assert names == ["c", "a", "b"]
    assert len(room) == 0

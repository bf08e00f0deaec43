"""No more of a flow's mail is taken out of the queue than can be sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.chain import MailTraits
from panel.domain.delivery import Stream
from panel.domain.room import ENDLESS, LOOK_EVERY, LOOKS, Offer, Room, room
from tests.domain.test_chain import a_candidate
from tests.factories.moments import NOON

SECOND = timedelta(seconds=1)
FLOW = MailTraits(Stream.CAMPAIGNS, None, "", 0)
FREE = Offer(a_candidate(1))
OPEN = Offer(a_candidate(2, breaker=Breaker(BreakerState.OPEN, retry_at=NOON + SECOND * 9)))
DUE = Offer(a_candidate(3, breaker=Breaker(BreakerState.OPEN, retry_at=NOON)))
FULL = Offer(a_candidate(4, is_within_budget=False), left=0, free_at=NOON + SECOND)
FEW = Offer(a_candidate(5), left=5)
DISABLED = Offer(a_candidate(6, breaker=Breaker(BreakerState.DISABLED)))
PROBED = Offer(
    replace(DUE.candidate, breaker=replace(DUE.candidate.breaker, probe_until=NOON + SECOND * 20))
)
NOBODY = Room(LOOKS, NOON + LOOK_EVERY)


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ([FREE], ENDLESS),
        ([OPEN, FULL, FEW, FREE], ENDLESS),
        ([FEW], Room(5)),
        ([FEW, FEW, FULL], Room(10)),
        ([DUE], Room(1)),
        ([DUE, FEW], Room(6)),
        ([FULL], Room(0, NOON + SECOND)),
        ([OPEN], Room(0, NOON + SECOND * 9)),
        ([OPEN, FULL, DISABLED], Room(0, NOON + SECOND)),
        ([PROBED], Room(0, NOON + SECOND * 20)),
        ([replace(FULL, free_at=NOON + LOOK_EVERY * 9)], Room(0, NOON + LOOK_EVERY)),
        ([replace(FULL, free_at=NOON)], Room(0, NOON + SECOND)),
        ([DISABLED], NOBODY),
        ([], NOBODY),
    ],
)
def test_the_room_of_a_flow_is_what_its_providers_can_take_together(offers, expected):
    assert room(offers, FLOW, now=NOON) == expected


def test_a_provider_that_does_not_count_for_the_flow_gives_no_room():
    other = replace(FREE, candidate=a_candidate(1, streams=frozenset({Stream.SYSTEM})))
    inactive = replace(FREE, candidate=a_candidate(2, is_active=False))

    assert room([other, inactive], FLOW, now=NOON) == NOBODY
    assert room([other, FULL], FLOW, now=NOON) == Room(0, NOON + SECOND)


def test_the_houses_providers_give_a_partner_room_only_where_it_may_use_them():
    partner = replace(FLOW, partner_id=7)

    assert room([FREE], partner, now=NOON) == ENDLESS
    assert room([FREE], replace(partner, may_use_house=False), now=NOON) == NOBODY


def test_another_partners_provider_gives_no_room():
    foreign = replace(FREE, candidate=a_candidate(1, partner_id=8))

    assert room([foreign], replace(FLOW, partner_id=7), now=NOON) == NOBODY

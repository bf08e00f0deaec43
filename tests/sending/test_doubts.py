"""Places for mails that a crash would leave open: never more than there are, nobody forgotten."""

import asyncio

import pytest

from panel.sending.doubts import Doubts


def test_there_are_only_so_many_places():
    doubts = Doubts(2)

    assert [doubts.try_take() for _ in range(3)] == [True, True, False]
    doubts.leave()
    assert doubts.try_take()


def test_who_waits_longest_comes_first_and_nobody_overtakes():
    async def act():
        doubts = Doubts(1)
        await doubts.take()
        order: list[int] = []

        async def come(number: int) -> None:
            await doubts.take()
            order.append(number)

        waiting = [asyncio.create_task(come(number)) for number in range(2)]
        await asyncio.sleep(0)
        doubts.leave()
        assert not doubts.try_take()
        await waiting[0]
        doubts.leave()
        await waiting[1]
        return order

    assert asyncio.run(act()) == [0, 1]


def test_a_place_given_to_somebody_who_has_just_left_goes_to_the_next():
    async def act():
        doubts = Doubts(1)
        await doubts.take()
        leaving = asyncio.create_task(doubts.take())
        await asyncio.sleep(0)
        doubts.leave()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return doubts.try_take()

    assert asyncio.run(act())

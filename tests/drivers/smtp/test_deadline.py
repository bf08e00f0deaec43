"""A deadline rings once it has passed, however often it was moved before."""

import asyncio

from panel.drivers.smtp.deadline import Deadline


def test_deadline_rings_when_it_passes():
    async def run() -> None:
        rang = asyncio.Event()
        deadline = Deadline(rang.set)
        deadline.set_in(0.01)
        await asyncio.wait_for(rang.wait(), 5)

    asyncio.run(run())


def test_moved_deadline_rings_at_its_last_time():
    async def run() -> float:
        loop = asyncio.get_running_loop()
        rang = asyncio.Event()
        deadline = Deadline(rang.set)
        began_at = loop.time()
        for seconds in (30, 0.01, 0.1):
            deadline.set_in(seconds)
        await asyncio.wait_for(rang.wait(), 5)
        return loop.time() - began_at

    assert asyncio.run(run()) >= 0.09


def test_cleared_deadline_does_not_ring():
    async def run() -> list[str]:
        rings: list[str] = []
        cleared, kept = Deadline(lambda: rings.append("cleared")), asyncio.Event()
        cleared.set_in(0.01)
        cleared.clear()
        after = Deadline(kept.set)
        after.set_in(0.03)
        await asyncio.wait_for(kept.wait(), 5)
        cleared.close()
        return rings

    assert asyncio.run(run()) == []


def test_no_deadline_goes_beyond_the_end():
    async def run() -> None:
        loop = asyncio.get_running_loop()
        rang = asyncio.Event()
        deadline = Deadline(rang.set)
        deadline.ends_at = loop.time() + 0.01
        deadline.set_in(60)
        await asyncio.wait_for(rang.wait(), 5)
        assert deadline.cap(60) == 0

    asyncio.run(run())

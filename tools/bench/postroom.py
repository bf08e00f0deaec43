"""Draining a queue with Postroom's worker, and what it took."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from tools.bench.books import until_written
from tools.bench.far_end import FarEnd
from tools.bench.house import House
from tools.bench.processes import cpu_s, peak_mb

DRAIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Drained:
    """A queue that was sent."""

    rate: float
    """Mails a second, from the first at the sink until the last is sent and logged."""
    cpu_ms: float
    """The workers' processor time for each."""
    peak_mb: float
    """Of one worker."""


def drain(house: House, sink: FarEnd, mails: int, *, workers: int = 1) -> Drained:
    """Starts workers on a queue of so many mails; every one is found at the sink and in the books.

    The workers share ten connections.

    NotMeasured when one of them is missing, or came twice.
    """
    with ExitStack() as stack:
        pids = [stack.enter_context(house.worker(of=workers)).pid for _ in range(workers)]
        used_s = sum(map(cpu_s, pids))
        stat = sink.wait_for(mails, timeout_s=DRAIN_S)
        written_s = until_written(house.url, mails)
        sink.settle(mails)
        return Drained(
            rate=mails / (written_s - stat.first_s),
            cpu_ms=(sum(map(cpu_s, pids)) - used_s) * 1000 / mails,
            peak_mb=max(map(peak_mb, pids)),
        )

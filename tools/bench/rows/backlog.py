"""`backlog`: the rate with a million mails waiting, beside that with a thousand; and the memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.bench.bench import Bench, say
from tools.bench.databases import KINDS
from tools.bench.far_end import far_end
from tools.bench.filling import fill_by_sql
from tools.bench.line import Bound, Line, Race
from tools.bench.processes import peak_mb

WANTED = 0.9
MEMORY_MB = 150.0
FEW = 1000
TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The first mails of a long queue."""

    rate: float
    peak_mb: float


def measure(bench: Bench) -> Iterator[Line]:
    """Each database beside itself, and the worker's memory."""
    few, many = bench.sizes.drained + FEW, bench.sizes.backlog
    for kind in KINDS:
        beside = _begin(bench, kind, waiting=few)
        sent = _begin(bench, kind, waiting=many)
        what = f"backlog of {many:,}, {kind}"
        yield Race(what, sent.rate, f"backlog of {FEW:,}", beside.rate, WANTED)
        yield Bound(f"worker's memory at that backlog, {kind}", sent.peak_mb, "MB", MEMORY_MB)


def _begin(bench: Bench, kind: str, *, waiting: int) -> Sent:
    """Sends the first mails of a queue; the last of them leaves with the rest still waiting."""
    mails = bench.sizes.drained
    say(f"Postroom makes {waiting:,} mails wait, {kind}")
    with far_end() as sink, bench.house(kind, sink_port=sink.port) as house:
        fill_by_sql(house.url, waiting)
        say(f"Postroom sends {mails:,} of them")
        with house.worker() as worker:
            sink.wait_for(mails, timeout_s=TIMEOUT_S)
            came = sink.arrivals()
            rate = (mails - 1) / (came[mails - 1] - came[0])
            sent = Sent(rate, peak_mb(worker.pid))
    say(f"  {rate:,.0f}/s, {sent.peak_mb:.0f} MB")
    return sent

"""`idle`: what a worker and the panel cost while nothing is to be done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from tools.bench.bench import Bench, say
from tools.bench.databases import KINDS
from tools.bench.line import Bound, Line
from tools.bench.processes import cpu_s

AT_MOST = 1.0
SETTLING_S = 3.0
NOBODY = 9
"""The discard port: nothing is sent in this row."""


def measure(bench: Bench) -> Iterator[Line]:
    """Worker and panel on both databases, all at the same time."""
    with ExitStack() as stack:
        pids: dict[str, int] = {}
        for kind in KINDS:
            house = stack.enter_context(bench.house(kind, sink_port=NOBODY))
            web, _ = stack.enter_context(house.web())
            pids[f"idle panel, {kind}"] = web.pid
            pids[f"idle worker, {kind}"] = stack.enter_context(house.worker()).pid
        say(f"Postroom has nothing to do for {bench.sizes.idle_s:.0f} s")
        time.sleep(SETTLING_S)
        for what, cost in _costs(pids, bench.sizes.idle_s).items():
            yield Bound(what, cost, "% core", AT_MOST)


def _costs(pids: dict[str, int], for_s: float) -> dict[str, float]:
    """Per cent of one core that each of them used."""
    before = {what: cpu_s(pid) for what, pid in pids.items()}
    began = time.monotonic()
    time.sleep(for_s)
    took_s = time.monotonic() - began
    return {what: (cpu_s(pid) - before[what]) / took_s * 100 for what, pid in pids.items()}

"""`pages`: the panel's pages with very much mail, each beside the same with ten thousand rows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tools.bench.bench import Bench, say
from tools.bench.databases import KINDS, settle
from tools.bench.landmarks import Landmarks, landmarks, paths
from tools.bench.line import Compared, Line
from tools.bench.processes import cpu_s
from tools.bench.rows.latency import share
from tools.bench.visitor import Visitor, add_operator
from tools.history.fill import fill

AT_MOST_MS = 100.0
AT_MOST_TIMES = 1.5
FEW = 10_000
LIVE = {"queue": "/queue", "mailing log": "/mailing-log", "overview": "/"}
REFRESH_S = 5.0
AT_MOST_CORE = 1.0
_MARK = re.compile(r'"seen": "([0-9a-f]+)"')
NOBODY = 9
"""The discard port: nothing is sent in this row."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A running panel, who asks it, and where things are in its mail."""

    pid: int
    visitor: Visitor
    known: Landmarks


def measure(bench: Bench) -> Iterator[Line]:
    """The 95th percentile of each page on each database, and what an open page costs."""
    for kind in KINDS:
        much = (bench.sizes.waiting, bench.sizes.attempts)
        with _panel(bench, kind, FEW, FEW) as few, _panel(bench, kind, *much) as many:
            yield from _pages(bench, kind, few, many)
            yield from _live(bench, kind, few, many)


@contextmanager
def _panel(bench: Bench, kind: str, waiting: int, attempts: int) -> Iterator[Panel]:
    with bench.house(kind, sink_port=NOBODY) as house, ExitStack() as stack:
        say(f"Postroom with {waiting:,} waiting mails and {attempts:,} attempts, {kind}")
        fill(house.url, waiting=waiting, attempts=attempts, tell=say)
        settle(house.url)
        environment = {**os.environ, **house.environment}
        add_operator(environment)
        process, port = stack.enter_context(house.web())
        visitor = Visitor(port)
        stack.callback(visitor.close)
        yield Panel(process.pid, visitor, landmarks(house.url))


def _pages(bench: Bench, kind: str, few: Panel, many: Panel) -> Iterator[Line]:
    beside = paths(few.known)
    for what, path in paths(many.known).items():
        few_ms, many_ms = _in_turns(
            bench.sizes.looks, _look(few, what, beside[what]), _look(many, what, path)
        )
        name = f"{what}, {kind}"
        say(f"  {name}: {many_ms:.0f} ms, beside it {few_ms:.0f} ms")
        yield Compared(name, many_ms, few_ms, "ms", AT_MOST_MS, AT_MOST_TIMES)


def _look(panel: Panel, what: str, path: str) -> Callable[[], float]:
    if "CSV" in what:
        return lambda: panel.visitor.first_byte_ms(path)
    return lambda: panel.visitor.see(path).took_ms


def _in_turns(times: int, *asked: Callable[[], float]) -> list[float]:
    """The 95th percentile of each, asked in turns so that both meet the same weather."""
    for one in asked:
        one()
    waits = [[one() for one in asked] for _ in range(times)]
    return [share(list(column), 0.95) for column in zip(*waits, strict=True)]


def _live(bench: Bench, kind: str, few: Panel, many: Panel) -> Iterator[Line]:
    for what, path in LIVE.items():
        for news in (True, False):
            cost = [_core_share(panel, path, bench.sizes.looks, news=news) for panel in (few, many)]
            name = f"{what} kept live, {'always' if news else 'no'} news, {kind}"
            yield Compared(name, cost[1], cost[0], "% core", AT_MOST_CORE, None)


def _core_share(panel: Panel, path: str, looks: int, *, news: bool) -> float:
    """Per cent of a core that the web process needs for one open page, as often as it asks.

    Without `news` the page says what it shows already, where it can say that.
    """
    mark = _MARK.search(panel.visitor.see(path, live=True).text)
    if mark and not news:
        path = f"{path}?seen={mark[1]}"
    before = cpu_s(panel.pid)
    for _ in range(looks):
        panel.visitor.see(path, live=True)
    return (cpu_s(panel.pid) - before) / looks / REFRESH_S * 100

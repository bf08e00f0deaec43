"""`drain`: a queue to one provider over ten connections, beside Postfix and django-post_office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from tools.bench import post_office
from tools.bench.bench import Bench
from tools.bench.databases import KINDS
from tools.bench.far_end import far_end
from tools.bench.filling import fill
from tools.bench.line import Line, Race
from tools.bench.mail import SIZE
from tools.bench.postfix import SENDING, postfix
from tools.bench.postroom import drain

WANTED = 4.0
TIMEOUT_S = 120.0


def measure(bench: Bench) -> Iterator[Line]:
    """Each database beside each rival."""
    ours = bench.ours(f"draining {bench.sizes.drained:,} mails", drain_rate)
    for kind, rate in bench.ours("the same by two workers", by_two).items():
        ours[kind] = max(rate, ours.get(kind, 0))
    rivals: dict[str, float | None] = {**beside_postfix(bench)}
    rivals["django-post_office"] = beside_post_office(bench)
    for kind, rate in ours.items():
        for rival, rival_rate in rivals.items():
            yield Race(f"drain, {kind}", rate, rival, rival_rate, WANTED)


def by_two(bench: Bench, kind: str) -> float:
    """Mails a second with two workers of five connections each."""
    return drain_rate(bench, kind, workers=2)


def drain_rate(bench: Bench, kind: str, *, workers: int = 1) -> float:
    """Mails a second with one worker of ten connections, or with several that share them."""
    mails = bench.sizes.drained
    with far_end() as sink, bench.house(kind, sink_port=sink.port) as house:
        fill(house.url, mails)
        drained = drain(house, sink, mails, workers=workers)
        sink_ms = sink.cpu_s() * 1000 / mails
    bench.remarks.append(
        f"Draining on {kind} by {workers} at {drained.rate:,.0f}/s took {drained.cpu_ms:.3f} ms of "
        f"the workers' processor time for a mail, {sink_ms:.3f} ms of the sink's, and "
        f"{drained.peak_mb:.0f} MB."
    )
    return drained.rate


def beside_postfix(bench: Bench) -> Mapping[str, float | None]:
    """Mails a second out of its queue, from the first at the sink to the last; for each setting."""
    tries = {name: partial(_postfix, bench, own) for name, own in SENDING.items()}
    figures = bench.each("Postfix", tries)
    return {f"Postfix, {name}": figures.get(name) for name in SENDING}


def beside_post_office(bench: Bench) -> float | None:
    """The best of its settings, on either database."""
    tries = {
        f"{setting}, {kind}": partial(_post_office, bench, kind, setting)
        for kind in KINDS
        for setting in post_office.BEST
    }
    return bench.best("django-post_office", tries)


def _postfix(bench: Bench, settings: dict[str, str]) -> float:
    mails = bench.sizes.drained
    with (
        far_end() as sink,
        postfix(bench.place(), sink.port, is_holding=True, settings=settings) as rival,
    ):
        rival.inject(mails, size=SIZE, timeout_s=TIMEOUT_S)
        rival.release(timeout_s=TIMEOUT_S)
        sink.wait_for(mails, timeout_s=TIMEOUT_S)
        return sink.settle(mails).rate


def _post_office(bench: Bench, kind: str, setting: post_office.Setting) -> float:
    with bench.databases.fresh(kind) as url:
        return post_office.drain_rate(
            url, bench.place(), setting, mails=bench.sizes.drained, timeout_s=TIMEOUT_S
        )

"""`delay`: a provider whose every reply takes 20 ms, as one on another continent's network does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tools.bench import rival_programs
from tools.bench.bench import Bench, say
from tools.bench.databases import SQLITE
from tools.bench.far_end import far_end
from tools.bench.filling import fill
from tools.bench.house import CONNECTIONS
from tools.bench.line import Line, Race
from tools.bench.mail import SIZE
from tools.bench.postfix import SENDING, postfix
from tools.bench.postroom import drain
from tools.bench.processes import finished

DELAY_MS = 20.0
WANTED = 3.0
TIMEOUT_S = 120.0


def measure(bench: Bench) -> Iterator[Line]:
    """Beside a client that waits for each reply, and beside Postfix."""
    what, ours = "20 ms a reply, 10 connections", _postroom(bench)
    name = "one command a round trip"
    rival = bench.best(name, {"aiosmtplib, ten connections": partial(_aiosmtplib, bench)})
    yield Race(what, ours, name, rival, WANTED)
    tries = {name: partial(_postfix, bench, own) for name, own in SENDING.items()}
    yield Race(what, ours, "Postfix", bench.best("Postfix over 20 ms", tries))


def _postroom(bench: Bench) -> float:
    mails = bench.sizes.delayed
    say(f"Postroom sends {mails:,} mails over a line of {DELAY_MS:.0f} ms")
    with (
        far_end(delay_ms=DELAY_MS) as sink,
        bench.house(SQLITE, sink_port=sink.port) as house,
    ):
        fill(house.url, mails)
        rate = drain(house, sink, mails).rate
    say(f"  {rate:,.0f}/s")
    return rate


def _aiosmtplib(bench: Bench) -> float:
    mails = bench.sizes.delayed
    program = [str(rival_programs.python()), "-m", "tools.bench.one_command_client"]
    with far_end(delay_ms=DELAY_MS) as sink:
        ends = ["--port", str(sink.port), "--mails", str(mails)]
        finished([*program, *ends, "--connections", str(CONNECTIONS)], timeout_s=TIMEOUT_S)
        return sink.settle(mails).rate


def _postfix(bench: Bench, settings: dict[str, str]) -> float:
    mails = bench.sizes.delayed
    with (
        far_end(delay_ms=DELAY_MS) as sink,
        postfix(bench.place(), sink.port, is_holding=True, settings=settings) as rival,
    ):
        rival.inject(mails, size=SIZE, timeout_s=TIMEOUT_S)
        rival.release(timeout_s=TIMEOUT_S)
        sink.wait_for(mails, timeout_s=TIMEOUT_S)
        return sink.settle(mails).rate

"""`latency`: single mails on an idle system, from the 202 to the sink."""

from __future__ import annotations

import random
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

from tests.kit.http_load import load, post
from tools.bench.bench import Bench, say
from tools.bench.databases import KINDS
from tools.bench.far_end import FarEnd, far_end
from tools.bench.line import Bound, Line, NotMeasured
from tools.bench.mail import TEXT, json_of
from tools.bench.postfix import postfix
from tools.bench.rows.batch import taken

MEDIAN_MS = 20.0
LATE_MS = 100.0
WARM = 3
PAUSES_S = (0.06, 0.14)
ARRIVAL_S = 30.0


def measure(bench: Bench) -> Iterator[Line]:
    """Median and 99th percentile on each database; Postfix's to know what is usual."""
    for kind in KINDS:
        waits = postroom_waits_ms(bench, kind)
        yield Bound(f"202 to sink, median, {kind}", share(waits, 0.5), "ms", MEDIAN_MS)
        yield Bound(f"202 to sink, 99th percentile, {kind}", share(waits, 0.99), "ms", LATE_MS)
    try:
        waits = postfix_waits_ms(bench)
    except NotMeasured as reason:
        bench.remarks.append(f"Postfix's latency was not measured: {reason}")
        return
    yield Bound("beside it: Postfix, 250 to sink, median", share(waits, 0.5), "ms")
    yield Bound("beside it: Postfix, 99th percentile", share(waits, 0.99), "ms")


def share(waits: list[float], part: float) -> float:
    """The wait that `part` (0 to 1) of all stayed within."""
    ordered = sorted(waits)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def postroom_waits_ms(bench: Bench, kind: str) -> list[float]:
    """From the 202 to the arrival of each mail."""
    say(f"Postroom sends {bench.sizes.one_by_one} mails one by one, {kind}")
    with far_end() as sink, bench.house(kind, sink_port=sink.port) as house:
        token = house.token()
        with house.web() as (_, port), house.worker():

            def submit(number: int) -> None:
                request = post("/api/v1/messages", json_of(number).encode(), token=token)
                once = iter([request])
                taken(load("127.0.0.1", port, lambda _: next(once, None), connections=1), 1)

            return _waits_ms(sink, bench.sizes.one_by_one, submit)


def postfix_waits_ms(bench: Bench) -> list[float]:
    """From the 250 to the arrival of each mail."""
    say(f"Postfix sends {bench.sizes.one_by_one} mails one by one")
    with ExitStack() as stack:
        sink = stack.enter_context(far_end())
        rival = stack.enter_context(postfix(bench.place(), sink.port))
        line = smtplib.SMTP("127.0.0.1", rival.port, timeout=10)
        stack.enter_context(closing(line))
        content = f"Subject: x\r\n\r\n{TEXT}"

        def submit(_: int) -> None:
            line.sendmail("post@house.test", ["kim@contoso.test"], content)

        return _waits_ms(sink, bench.sizes.one_by_one, submit)


def _waits_ms(sink: FarEnd, mails: int, submit: Callable[[int], None]) -> list[float]:
    accepted: list[float] = []
    for number in range(mails + WARM):
        submit(number)
        accepted.append(time.monotonic())
        time.sleep(random.uniform(*PAUSES_S))
        sink.wait_for(number + 1, timeout_s=ARRIVAL_S)
    arrived = sink.arrivals()
    waits = [(there - here) * 1000 for here, there in zip(accepted, arrived, strict=True)]
    return waits[WARM:]

"""`batch`: mail comes in by the batch API and leaves at once, beside Postfix doing both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.kit.http_load import Load, load, post
from tools.bench.bench import Bench, say
from tools.bench.books import until_written
from tools.bench.far_end import far_end
from tools.bench.line import Line, NotMeasured, Race
from tools.bench.mail import SIZE, json_of
from tools.bench.postfix import SENDING, postfix

WANTED = 2.0
TIMEOUT_S = 120.0
IN_ONE = 100
"""Mails in a request."""
CLIENTS = 4


def measure(bench: Bench) -> Iterator[Line]:
    """Each database beside Postfix."""
    ours = bench.ours(f"taking and delivering {bench.sizes.drained:,} mails", batch_rate)
    tries = {name: partial(_postfix, bench, own) for name, own in SENDING.items()}
    rival = bench.best("Postfix injecting and delivering", tries)
    for kind, rate in ours.items():
        yield Race(f"submit by batch and deliver, {kind}", rate, "Postfix", rival, WANTED)


def batch_rate(bench: Bench, kind: str) -> float:
    """Mails a second, from the first request until the last mail is sent and logged."""
    mails = bench.sizes.drained
    with far_end() as sink, bench.house(kind, sink_port=sink.port) as house:
        request = _requests(house.token(), mails)
        with house.web() as (_, port), house.worker():
            began = time.monotonic()
            taken(load("127.0.0.1", port, request, connections=CLIENTS), mails // IN_ONE)
            accepted_s = time.monotonic() - began
            sink.wait_for(mails, timeout_s=TIMEOUT_S)
            rate = mails / (until_written(house.url, mails) - began)
            sink.settle(mails)
    say(f"  taken at {mails / accepted_s:,.0f}/s")
    return rate


def taken(came: Load, requests: int) -> None:
    """NotMeasured unless every request was answered with 202."""
    if came.statuses != {202: requests}:
        raise NotMeasured(f"The API answered {dict(came.statuses)}.")


def _requests(token: str, mails: int) -> Callable[[int], bytes | None]:
    """All requests made beforehand, so that the clock shows the server's time only."""
    made = []
    for first in range(0, mails, IN_ONE):
        messages = ", ".join(json_of(at) for at in range(first, first + IN_ONE))
        body = f'{{"messages": [{messages}]}}'.encode()
        made.append(post("/api/v1/messages/batch", body, token=token))
    return lambda number: made[number] if number < len(made) else None


def _postfix(bench: Bench, settings: dict[str, str]) -> float:
    mails = bench.sizes.drained
    with far_end() as sink, postfix(bench.place(), sink.port, settings=settings) as rival:
        began = time.monotonic()
        rival.inject(mails, size=SIZE, timeout_s=TIMEOUT_S)
        sink.wait_for(mails, timeout_s=TIMEOUT_S)
        return mails / (sink.settle(mails).last_s - began)

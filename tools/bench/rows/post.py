"""`post`: one mail a request, each on disk before its 202, beside Postfix's SMTP sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.kit.http_load import load, post
from tools.bench.bench import Bench, say
from tools.bench.books import queued
from tools.bench.far_end import far_end
from tools.bench.line import Line, NotMeasured, Race
from tools.bench.mail import SIZE, json_of
from tools.bench.postfix import postfix
from tools.bench.rows.batch import taken

WANTED = 0.75
TIMEOUT_S = 60.0
CLIENTS = 10
NOBODY = 9
"""The discard port: nothing is sent in this row."""


def measure(bench: Bench) -> Iterator[Line]:
    """Each database beside Postfix."""
    ours = bench.ours(f"taking {bench.sizes.posts:,} mails one by one", post_rate)
    for kind, rate in bench.ours("the same by two processes", by_two).items():
        ours[kind] = max(rate, ours.get(kind, 0))
    tries = {"first try": partial(_postfix, bench), "second try": partial(_postfix, bench)}
    rival = bench.best("Postfix taking mail by ten sessions", tries)
    for kind, rate in ours.items():
        yield Race(f"single POST, ten clients, {kind}", rate, "Postfix", rival, WANTED)


def by_two(bench: Bench, kind: str) -> float:
    """Requests a second when two processes answer them."""
    return post_rate(bench, kind, processes=2)


def post_rate(bench: Bench, kind: str, *, processes: int = 1) -> float:
    """Requests a second with ten keep-alive connections."""
    mails = bench.sizes.posts
    with bench.house(kind, sink_port=NOBODY) as house:
        token = house.token()
        with house.web(processes=processes) as (_, port):
            warm = load("127.0.0.1", port, _requests(token, CLIENTS), connections=CLIENTS)
            taken(warm, CLIENTS)
            came = load("127.0.0.1", port, _requests(token, mails), connections=CLIENTS)
            taken(came, mails)
        if queued(house.url) != mails + CLIENTS:
            raise NotMeasured("Not every mail that was answered with 202 is in the queue.")
    say(f"  99 of 100 within {came.wait_s(0.99) * 1000:.1f} ms")
    return came.rate


def _requests(token: str, mails: int) -> Callable[[int], bytes | None]:
    made = [post("/api/v1/messages", json_of(at).encode(), token=token) for at in range(mails)]
    return lambda number: made[number] if number < len(made) else None


def _postfix(bench: Bench) -> float:
    mails = bench.sizes.posts
    with far_end() as sink, postfix(bench.place(), sink.port, is_holding=True) as rival:
        rival.inject(100, size=SIZE, timeout_s=TIMEOUT_S)
        return mails / rival.inject(mails, size=SIZE, timeout_s=TIMEOUT_S)

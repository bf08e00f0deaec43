"""The rows of the bench, one file each; every one can be run alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tools.bench.bench import Bench
from tools.bench.line import Line
from tools.bench.rows import (
    apis,
    backlog,
    batch,
    delay,
    drain,
    fairness,
    idle,
    latency,
    limit,
    pages,
    post,
)

ROWS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "limit": limit.measure,
    "drain": drain.measure,
    "batch": batch.measure,
    "post": post.measure,
    "latency": latency.measure,
    "delay": delay.measure,
    "fairness": fairness.measure,
    "backlog": backlog.measure,
    "idle": idle.measure,
    "apis": apis.measure,
    "pages": pages.measure,
}
"""In the order in which they are run."""

LONG_S = {"pages": 3600.0}
"""Rows that at full size are run only when they are named, and what they may take then."""

"""A day's traffic as the plot and its table show it: numbers for the script, words for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.services.traffic import QUARTER, Carrier, Line, Traffic
from panel.web.visible import visible

GROUPS: dict[Carrier, LazyString] = {
    Carrier.OTHERS: _l("Other providers"),
    Carrier.PARTNERS: _l("Servers of partners"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the legend; `swatch` names its colour."""

    swatch: str
    label: str
    total: int


@dataclass(frozen=True, slots=True)
class Hour:
    """One row of the table; the first and the last may be parts of an hour."""

    at: datetime
    sent: tuple[int, ...]
    failed: int


@dataclass(frozen=True, slots=True)
class Plot:
    """What `templates/overview/_traffic.html` shows."""

    is_empty: bool
    numbers: str
    """JSON for static/js/traffic.js: `since` and `step` in seconds, sent by line, failed."""
    keys: tuple[Key, ...]
    failed: int
    hours: tuple[Hour, ...]
    """The newest first."""


def plot(traffic: Traffic) -> Plot:
    """The day; an empty one has neither lines nor rows."""
    numbers = {
        "since": int(traffic.since.timestamp()),
        "step": int(QUARTER.total_seconds()),
        "sent": [line.sent for line in traffic.lines],
        "failed": traffic.failed,
    }
    return Plot(
        is_empty=traffic.is_empty,
        numbers=json.dumps(numbers, separators=(",", ":")),
        keys=tuple(_keys(traffic.lines)),
        failed=sum(traffic.failed),
        hours=() if traffic.is_empty else tuple(reversed(list(_hours(traffic)))),
    )


def _keys(lines: Iterable[Line]) -> Iterable[Key]:
    for place, line in enumerate(lines, start=1):
        is_provider = line.carrier is Carrier.PROVIDER
        swatch = str(place) if is_provider else line.carrier.value
        yield Key(swatch, visible(line.name) or str(GROUPS[line.carrier]), line.total)


def _hours(traffic: Traffic) -> Iterable[Hour]:
    begins = [traffic.since + place * QUARTER for place in range(len(traffic.failed))]
    cuts = [place for place, at in enumerate(begins) if not place or not at.minute]
    for first, last in zip(cuts, [*cuts[1:], len(begins)], strict=True):
        sent = tuple(sum(line.sent[first:last]) for line in traffic.lines)
        yield Hour(begins[first], sent, sum(traffic.failed[first:last]))

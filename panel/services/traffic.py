"""A day's mail by who carried it: the lines of the plot on the overview, and of its table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.services.access import authorise
from panel.storage.database import Session
from panel.storage.queries import providers
from panel.storage.queries import traffic as queries
from panel.storage.queries.traffic import QUARTER, QUARTERS

__all__ = ["QUARTER", "QUARTERS", "Carrier", "Line", "Traffic", "show_traffic"]

MOST_NAMED = 6
"""Providers with a line of their own: those that carried most; a plot of twenty tells nothing."""


class Carrier(StrEnum):
    """Whose mail a line adds up."""

    PROVIDER = "provider"
    OTHERS = "others"
    """All further providers of the house."""
    PARTNERS = "partners"
    """The servers of all partners."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one of them sent, by the quarter of an hour; only a provider has a name."""

    carrier: Carrier
    sent: tuple[int, ...]
    name: str = ""

    @property
    def total(self) -> int:
        """Of the whole day."""
        return sum(self.sent)


@dataclass(frozen=True, slots=True)
class Traffic:
    """A day in quarters of an hour, the last of which is still being filled."""

    since: datetime
    lines: tuple[Line, ...]
    """In the order of the list of providers; others and partners stand last."""
    failed: tuple[int, ...]
    """Attempts that failed, at whomever: each of these mails may have gone out by another one."""

    @property
    def sent(self) -> int:
        """All mails that were taken."""
        return sum(line.total for line in self.lines)

    @property
    def is_empty(self) -> bool:
        """Nothing was tried."""
        return not self.sent and not any(self.failed)


def show_traffic(session: Session, actor: Actor, *, now: datetime) -> Traffic:
    """The day up to now, of the whole house."""
    authorise(actor, Permission.SEE_OVERVIEW)
    order = [row.provider.id for row in providers.listed(session, None, scope=EVERYTHING)]
    since = queries.day_begin(now)
    rows = queries.carried_since(session, since)
    sent: dict[int | None, list[int]] = defaultdict(lambda: [0] * QUARTERS)
    failed = [0] * QUARTERS
    for row in rows:
        place = (row.quarter_at - since) // QUARTER
        if place < QUARTERS:
            failed[place] += row.failed
            if row.sent:
                sent[row.provider_id][place] += row.sent
    return Traffic(since, tuple(_lines(session, sent, order)), tuple(failed))


def _lines(
    session: Session, sent: Mapping[int | None, list[int]], order: Sequence[int]
) -> Iterable[Line]:
    """A deleted provider comes after those of the list."""
    ids = [id_ for id_ in sent if id_ is not None]
    places = {id_: place for place, id_ in enumerate(order)}
    largest = sorted(ids, key=lambda id_: sum(sent[id_]), reverse=True)
    named = sorted(largest[:MOST_NAMED], key=lambda id_: (places.get(id_, len(places)), id_))
    names = providers.names_of(session, named)
    for id_ in named:
        yield Line(Carrier.PROVIDER, tuple(sent[id_]), names[id_])
    others = [sent[id_] for id_ in largest[MOST_NAMED:]]
    if others:
        yield Line(Carrier.OTHERS, tuple(map(sum, zip(*others, strict=True))))
    if None in sent:
        yield Line(Carrier.PARTNERS, tuple(sent[None]))

"""What a round over the chain has shown for one delivery, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from panel.domain.chain import LASTING_SKIPS, REFUSING_SKIPS, Link
from panel.domain.decision import goes_on
from panel.domain.outcome import Move, Outcome

PASSING_MOVES = frozenset({Move.NEXT, Move.WAIT, Move.WAIT_SAME, Move.AGAIN})
"""Answers after which the same provider may well take the mail later."""


@dataclass(slots=True)
class Progress:
    """One delivery on its way along the chain."""

    attempts: int
    last: Outcome | None = None
    provider_id: int | None = None
    has_moved_once: bool = False
    """It was moved for a refusal that only one more provider may be asked about."""
    has_met_passing_fault: bool = False

    def note(self, outcome: Outcome, provider_id: int) -> None:
        """Remembers the answer of a provider."""
        if self.last is not None and self.last.move is Move.NEXT_THEN_FAIL:
            self.has_moved_once = True
        self.last = outcome
        self.provider_id = provider_id
        if outcome.move in PASSING_MOVES:
            self.has_met_passing_fault = True

    def moves_on(self, *, has_next: bool) -> bool:
        """Whether the next provider is tried now."""
        if self.last is None:
            return False
        return goes_on(self.last, has_next=has_next, moved_once=self.has_moved_once)

    def may_be_taken_later(self, links: Iterable[Link]) -> bool:
        """Whether a provider that refused nothing in this round is still to be asked."""
        if self.has_moved_once:
            return False
        return self.has_met_passing_fault or bool(postponed(links))


def postponed(links: Iterable[Link]) -> tuple[Link, ...]:
    """Providers that were passed over for something that passes."""
    settled = LASTING_SKIPS | REFUSING_SKIPS
    return tuple(link for link in links if link.skip is not None and link.skip not in settled)


def refusing(links: Iterable[Link]) -> tuple[Link, ...]:
    """Providers that are known to refuse such a mail."""
    return tuple(link for link in links if link.skip in REFUSING_SKIPS)

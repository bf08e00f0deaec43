"""The form of a row of the SMTP outcome table, and how a row is matched.

The rows themselves are in `smtp_rules_connection` and `smtp_rules_mail`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from panel.domain.outcome import Effect, Fault, Move, Scope, Stage
from panel.domain.reply import Reply

ONLY_REPLIES = frozenset({Fault.REPLY})
EVERYWHERE = frozenset(Stage)


@dataclass(frozen=True, slots=True)
class Sign:
    """What a reply must look like; all parts that are given must fit."""

    codes: tuple[str, ...] = ()
    """Beginnings of the reply code: `4` for 4yz, `452` for that one."""
    enhanced: tuple[str, ...] = ()
    """Enhanced codes: `5.7.1`, `5.7.*`; `none` stands for a reply without one."""
    words: tuple[str, ...] = ()
    """Any of these occurs in the text, which is compared in lower case."""
    stages: frozenset[Stage] = frozenset()
    """Only at these stages of its rule; empty: at all of them."""

    def fits(self, reply: Reply) -> bool:
        """Whether the reply bears this sign."""
        return (
            (not self.codes or f"{reply.code:03d}".startswith(self.codes))
            and (not self.enhanced or _fits_enhanced(self.enhanced, reply.enhanced))
            and (not self.words or _has_word(self.words, reply.text.lower()))
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the outcome table."""

    name: str
    row: int
    """Number of the event in the table that the rows were drawn up from."""
    stages: frozenset[Stage]
    scope: Scope
    is_permanent: bool
    move: Move
    effect: Effect
    because: str
    signs: tuple[Sign, ...] = ()
    """One of them must fit a reply; without any, every reply fits."""
    faults: frozenset[Fault] = ONLY_REPLIES
    """Empty for a row that only our own code refers to, by name."""
    needs_reuse: bool = False
    """Only on a connection that carried a mail before."""

    def fits(self, reply: Reply | None, *, is_reused: bool) -> bool:
        """Whether the row applies; its stage and fault were compared already."""
        if self.needs_reuse and not is_reused:
            return False
        if reply is None or not self.signs:
            return True
        return any(sign.fits(reply) for sign in self.signs)

    def at(self, stage: Stage) -> Rule | None:
        """The rule with the signs that count at a stage; None when none is left."""
        signs = tuple(item for item in self.signs if not item.stages or stage in item.stages)
        is_idle = stage not in self.stages or (self.signs and not signs)
        return None if is_idle else replace(self, signs=signs)


def sign(
    codes: str = "",
    enhanced: str = "",
    words: tuple[str, ...] = (),
    stages: frozenset[Stage] = frozenset(),
) -> Sign:
    """A sign from codes separated by spaces: `sign("550 553", "5.1.7 5.7.*")`."""
    return Sign(tuple(codes.split()), tuple(enhanced.split()), words, stages)


def at(*stages: Stage) -> frozenset[Stage]:
    """The stages of a row."""
    return frozenset(stages)


def on(*faults: Fault) -> frozenset[Fault]:
    """The faults of a row."""
    return frozenset(faults)


def _fits_enhanced(patterns: tuple[str, ...], enhanced: str | None) -> bool:
    if enhanced is None:
        return "none" in patterns
    return any(
        enhanced.startswith(pattern[:-1]) if pattern.endswith("*") else enhanced == pattern
        for pattern in patterns
    )


def _has_word(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)

"""What each SMTP answer and each broken connection means: the table, and the way into it.

Read top-down: the first row that fits wins. Three things hold for every row and are tested: a
provider's fault never fails a mail, a recipient's fault never touches a provider, and what may be
out already is never repeated by itself. Unknown answers fall to the last row of their step, by
their first digit; an odd enhanced code counts as absent.
"""

from __future__ import annotations

from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply
from panel.domain.smtp_rules import Rule
from panel.domain.smtp_rules_connection import (
    BROKEN_RULES,
    LOCAL_RULES,
    LOGIN_RULES,
    LOST_RULES,
    REACHING_RULES,
    TLS_RULES,
)
from panel.domain.smtp_rules_mail import (
    ACCEPTED_RULES,
    ALLOWANCE_RULES,
    LIMIT_RULES,
    PROVIDER_RULES,
    RECIPIENT_RULES,
)
from panel.domain.smtp_rules_refusals import LAST_RULES, REFUSAL_RULES
from panel.domain.smtp_rules_texts import provider_reference, retry_after_s

RULES: tuple[Rule, ...] = (
    *ACCEPTED_RULES,
    *LOST_RULES,
    *LOCAL_RULES,
    *ALLOWANCE_RULES,
    *REACHING_RULES,
    *TLS_RULES,
    *LOGIN_RULES,
    *RECIPIENT_RULES,
    *LIMIT_RULES,
    *PROVIDER_RULES,
    *REFUSAL_RULES,
    *LAST_RULES,
    *BROKEN_RULES,
)
"""The table. Its order is part of it."""

_BY_NAME = {rule.name: rule for rule in RULES}
_ACCEPTED = _BY_NAME["accepted"]
_BY_STAGE = {stage: tuple(r for row in RULES if (r := row.at(stage))) for stage in Stage}
_BY_EVENT = {
    (stage, fault): tuple(row for row in _BY_STAGE[stage] if fault in row.faults)
    for stage in Stage
    for fault in Fault
}


def classify(
    stage: Stage,
    fault: Fault,
    reply: Reply | None = None,
    *,
    detail: str = "",
    is_reused: bool = False,
) -> Outcome:
    """The outcome of a refusal, of a broken connection or of the answer to the final dot.

    `fault` is `Fault.REPLY` where the reply tells it; without a reply that counts as
    `Fault.PROTOCOL`. `is_reused`: the connection carried a mail before. Never raises for what the
    other side said.
    """
    if reply is not None and stage is Stage.FINAL and fault is Fault.REPLY and reply.is_positive:
        return _accepted(reply)
    known = Fault.PROTOCOL if fault is Fault.REPLY and reply is None else fault
    said = reply if known is Fault.REPLY else None
    row = next(r for r in _BY_EVENT[stage, known] if r.fits(said, is_reused=is_reused))
    return _outcome(row, stage, fault=known, reply=reply, detail=detail)


def _accepted(reply: Reply) -> Outcome:
    """The answer that nearly every mail gets: the first row of its step, without a search."""
    return Outcome(
        _ACCEPTED.name,
        _ACCEPTED.scope,
        _ACCEPTED.is_permanent,
        _ACCEPTED.move,
        _ACCEPTED.effect,
        Stage.FINAL,
        reply=reply,
        provider_reference=provider_reference(reply),
    )


def by_name(name: str, stage: Stage, *, detail: str = "") -> Outcome:
    """The outcome of a row that our own code refers to: `worker_lost`, `no_route`."""
    return _outcome(rule(name), stage, fault=Fault.LEASE_LOST, reply=None, detail=detail)


def rule(name: str) -> Rule:
    """The row of that name; KeyError when the table has none."""
    return _BY_NAME[name]


def _outcome(row: Rule, stage: Stage, *, fault: Fault, reply: Reply | None, detail: str) -> Outcome:
    return Outcome(
        rule=row.name,
        scope=row.scope,
        is_permanent=row.is_permanent,
        move=row.move,
        effect=row.effect,
        stage=stage,
        fault=fault,
        reply=reply,
        detail=detail,
        retry_after_s=retry_after_s(reply) if reply else None,
    )

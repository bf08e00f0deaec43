"""What an answer of a mail API comes to: the vendor's own words first, then the status code.

The rules of the SMTP table hold here as well: a provider's fault never fails a mail, a
recipient's fault never touches a provider, and what may be out already is never repeated by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from panel.domain.http_rules import HTTP_RULES, HttpRule, Meaning
from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply

_BY_NAME = {rule.name: rule for rule in HTTP_RULES}
LONGEST_WAIT_S = 24 * 3600


def row_for(status: int, *, name: str, text: str, meanings: Iterable[Meaning]) -> HttpRule | None:
    """The row of an answer; `name` and `text` are the vendor's, `meanings` what they stand for.

    None for a status that is none of HTTP's final ones.
    """
    if not 200 <= status <= 599:
        return None
    for meaning in meanings:
        # Without a status a meaning is about refusals; a success has to be named as such.
        if (status >= 300 or meaning.statuses) and meaning.fits(status, name, text):
            return _BY_NAME[meaning.rule]
    return next(rule for rule in HTTP_RULES if rule.fits(status))


def rule(name: str) -> HttpRule:
    """The row of that name; KeyError when the table has none."""
    return _BY_NAME[name]


def outcome(
    row: HttpRule,
    *,
    reply: Reply | None = None,
    detail: str = "",
    reference: str = "",
    retry_after_s: int | None = None,
    pause_s: int | None = None,
    stage: Stage = Stage.FINAL,
) -> Outcome:
    """The outcome of a row for one recipient."""
    wait_s = min(retry_after_s, LONGEST_WAIT_S) if retry_after_s is not None else None
    return Outcome(
        rule=row.name,
        scope=row.scope,
        is_permanent=row.is_permanent,
        move=row.move,
        effect=row.effect,
        stage=stage,
        fault=Fault.REPLY if reply is not None else Fault.BUILD,
        reply=reply,
        detail=detail,
        provider_reference=reference,
        retry_after_s=wait_s,
        pause_s=min(pause_s, LONGEST_WAIT_S) if pause_s is not None else None,
    )

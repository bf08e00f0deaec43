"""Any row of either outcome table by its name, for whoever explains what was logged."""

from __future__ import annotations

from panel.domain import http_outcomes, smtp_outcomes
from panel.domain.http_rules import HttpRule
from panel.domain.outcome import Outcome, Stage
from panel.domain.smtp_rules import Rule


def rule(name: str) -> Rule | HttpRule:
    """The row of that name; KeyError when no table has it."""
    try:
        return smtp_outcomes.rule(name)
    except KeyError:
        return http_outcomes.rule(name)


def by_name(name: str, stage: Stage, *, detail: str = "") -> Outcome:
    """The outcome of a row that is known by name only; KeyError when no table has it."""
    try:
        return smtp_outcomes.by_name(name, stage, detail=detail)
    except KeyError:
        return http_outcomes.outcome(http_outcomes.rule(name), detail=detail, stage=stage)

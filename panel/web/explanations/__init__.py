"""What each outcome means for a person who does not know SMTP, and what to do about it.

Keyed by the name of the rule (`panel.domain.smtp_outcomes`); shown by the live connection test and
as the reason in the mailing log. The rules themselves decide, these words only explain.
"""

from __future__ import annotations

from panel.web.explanations.connection import CONNECTION
from panel.web.explanations.explanation import Explanation
from panel.web.explanations.login import LOGIN
from panel.web.explanations.mail import MAIL
from panel.web.explanations.queue import QUEUE
from panel.web.explanations.recipient import RECIPIENT
from panel.web.explanations.unknown import UNKNOWN

__all__ = ["EXPLANATIONS", "Explanation", "explain", "reason"]

EXPLANATIONS: dict[str, Explanation] = {**CONNECTION, **LOGIN, **MAIL, **RECIPIENT, **QUEUE}


def explain(rule: str) -> Explanation:
    """The words for a rule; general ones for a rule that an older or newer version wrote."""
    return EXPLANATIONS.get(rule, UNKNOWN)


def reason(rule: str) -> Explanation | None:
    """The words for what put a delivery or an attempt into its state, None before anything has."""
    return explain(rule) if rule else None

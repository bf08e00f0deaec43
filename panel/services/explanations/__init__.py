"""What each outcome means for a person who does not know SMTP, and what to do about it.

Keyed by the name of the rule (`panel.domain.outcome_rules`); shown by the live connection test and
as the reason in the mailing log, translated there, and by the command line. The rules themselves
decide, these words only explain.
"""

from __future__ import annotations

from panel.services.explanations.api import API
from panel.services.explanations.connection import CONNECTION
from panel.services.explanations.explanation import Explanation
from panel.services.explanations.login import LOGIN
from panel.services.explanations.mail import MAIL
from panel.services.explanations.queue import QUEUE
from panel.services.explanations.recipient import RECIPIENT
from panel.services.explanations.unknown import UNKNOWN

__all__ = ["EXPLANATIONS", "Explanation", "explain"]

EXPLANATIONS: dict[str, Explanation] = {
    **CONNECTION,
    **LOGIN,
    **MAIL,
    **RECIPIENT,
    **QUEUE,
    **API,
}


def explain(rule: str) -> Explanation:
    """The words for a rule; general ones for a rule that an older or newer version wrote."""
    return EXPLANATIONS.get(rule, UNKNOWN)

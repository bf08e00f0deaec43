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
from panel.services.explanations.replies import by_code, more_precise
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


def explain(rule: str, said: str = "") -> Explanation:
    """The words for a rule and the exact answer that fell under it.

    An answer that says more than its rule is explained by its own code. A rule that an older or
    newer version wrote is explained by the answer alone, or in general words.
    """
    words = more_precise(rule, said) or EXPLANATIONS.get(rule)
    return words or by_code(said) or UNKNOWN

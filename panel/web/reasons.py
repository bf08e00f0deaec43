"""Why a delivery or an attempt is as it is, in words; a few rules of our own among them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from panel.domain.decision import NO_PROVIDER
from panel.web.explanations import EXPLANATIONS, Explanation, explain

OWN_RULES: dict[str, Explanation] = {
    NO_PROVIDER: EXPLANATIONS["no_provider"],
    "cancelled": Explanation(
        _l("Somebody cancelled it before it was handed over."),
        _l("Nothing to do. The audit says who it was."),
    ),
    "worker_ended": Explanation(
        _l("The worker ended before the mail was handed over; another one took it on."),
        _l("Nothing to do, unless it happens often: then read the worker's log."),
    ),
    "rescued_too_often": Explanation(
        _l("Several workers ended while they had this mail; it is held so that it harms no more."),
        _l("Read the worker's log for the cause. Then try it again, or cancel it."),
    ),
}


def reason(rule: str) -> Explanation | None:
    """Cause and advice for a rule, None while nothing has happened yet."""
    if not rule:
        return None
    return OWN_RULES.get(rule) or explain(rule)

"""What each outcome means, in the reader's language; the words are those of the services."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.services import explanations


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, then what to do; translated when it is shown."""

    cause: LazyString
    advice: LazyString
    is_to_wait: bool = False
    """All that is to be done is to wait for a further try."""


def explain(rule: str, said: str = "") -> Explanation:
    """The words for a rule and the exact answer, see `panel.services.explanations`."""
    words = explanations.explain(rule, said)
    return Explanation(_l(words.cause), _l(words.advice), words.is_to_wait)


def reason(rule: str, said: str = "") -> Explanation | None:
    """The words for what put a delivery or an attempt into its state, None before anything has."""
    return explain(rule, said) if rule else None

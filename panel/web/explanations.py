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


def explain(rule: str) -> Explanation:
    """The words for a rule; general ones for a rule that an older or newer version wrote."""
    words = explanations.explain(rule)
    return Explanation(_l(words.cause), _l(words.advice))


def reason(rule: str) -> Explanation | None:
    """The words for what put a delivery or an attempt into its state, None before anything has."""
    return explain(rule) if rule else None

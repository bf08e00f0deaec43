"""From a rule and the exact answer to words: the most precise that are known."""

from __future__ import annotations

import re

from panel.services.explanations.codes import CLASSES, CODES, SUBJECTS
from panel.services.explanations.explanation import Explanation
from panel.services.explanations.vendors import vendor_words

BROAD_RULES = frozenset(
    {
        "client_blocked",
        "client_postponed",
        "command_refused",
        "content_postponed",
        "content_refused",
        "content_refused_unsaid",
        "data_refused",
        "mail_postponed",
        "mail_refused",
        "parameter_refused",
        "policy_refused",
        "recipient_postponed",
        "recipient_refused",
        "recipient_refused_late",
        "recipient_waits",
        "recipient_waits_late",
        "reputation_refused",
        "sender_postponed",
        "sender_refused",
        "sender_refused_plainly",
        "sending_postponed",
        "server_busy",
        "server_trouble",
        "turned_away",
    }
)
"""Rules that hold for many answers: what an answer says itself explains it better."""
VAGUE = frozenset({"0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "7.1"})
"""Codes that say less than any rule."""
_REPLY = re.compile(r"([245])\d\d(?:[ -]+\1\.(\d{1,3})\.(\d{1,3})(?=\s|$))?")


def more_precise(rule: str, said: str) -> Explanation | None:
    """Words for the answer itself where they say more than those of its rule."""
    if rule not in BROAD_RULES or not said:
        return None
    found = _REPLY.match(said)
    code = f"{found[2]}.{found[3]}" if found and found[2] else ""
    known = CODES.get(code) if code not in VAGUE else None
    return vendor_words(said) or known


def by_code(said: str) -> Explanation | None:
    """Words for an answer that no rule is known for: by its code, what that is about, its class."""
    found = _REPLY.match(said)
    if found is None:
        return None
    known = (
        vendor_words(said) or CODES.get(f"{found[2]}.{found[3]}") or SUBJECTS.get(found[2] or "")
    )
    return known or CLASSES.get(found[1])

"""What else a reply's text holds: the id under which a mail was taken, and when to come back."""

from __future__ import annotations

import re

from panel.domain.reply import Reply

_LONGEST_REFERENCE = 200
_LONGEST_WAIT_S = 24 * 3600

_REFERENCES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bqueued as:? <?([\w.+/=@-]+)",  # Postfix, SendGrid, Mailjet, Amavis before Postfix
        r"\bOK id=([\w.-]+)",  # Exim
        r"<([^<>\s]+)> \[InternalId=",  # Exchange
        r"\bOK\s+\d{9,11}\s+(\S+) - gsmtp",  # Gmail
        r"\bOk ([0-9a-f]{16}-[0-9a-f-]{20,})",  # Amazon SES
        r"^(?:2\.\d\.\d:? )?(\S+) Message accepted for delivery",  # Sendmail, OpenSMTPD
        r"\bok (\d+ qp \d+)",  # qmail
        r"\bMessage Queued \(([\w.-]+)\)",  # Haraka
        r"\b(?:message-?|queue-?)?id[=:] ?<?([\w.+@-]+)",  # IONOS, GMX and others
        r"^2\.0\.0 OK ([0-9A-F]{2}/[\w/-]+)",  # Momentum, SparkPost
    )
)

_HAS_CONTEXT = re.compile(r"again|retry|later|back|wait|gr[ae]y|defer|delay", re.IGNORECASE)
_CLOCK = re.compile(r"\bin (\d{1,2}):(\d\d):(\d\d)\b")
_SPAN = re.compile(
    r"\b(?:in|after|for|within|wait|retry[ =:]|delay[ed]*)\s*(?:about |at least |another )?"
    r"(\d{1,6}|an?|one)\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\bdaily\b|\b(?:per|a|the|this|each) day\b|\btoday|24 ?h(?:ou)?rs?", re.IGNORECASE
)
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def provider_reference(reply: Reply) -> str:
    """The id that a positive answer to the final dot names, or an empty string."""
    text = reply.text
    for pattern in _REFERENCES:
        found = pattern.search(text)
        if found is not None:
            return found.group(1).rstrip(".")[:_LONGEST_REFERENCE]
    return ""


def retry_after_s(reply: Reply) -> int | None:
    """The wait in seconds that a refusal asks for, from 1 second to one day, or None."""
    text = reply.text
    if _HAS_CONTEXT.search(text) is None:
        return None
    wait_s = _clock_s(text) or _span_s(text)
    return min(wait_s, _LONGEST_WAIT_S) if wait_s else None


def names_day(said: str) -> bool:
    """Whether it speaks of the allowance of a day."""
    return _DAY.search(said) is not None


def _clock_s(text: str) -> int | None:
    found = _CLOCK.search(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _span_s(text: str) -> int | None:
    found = _SPAN.search(text)
    if found is None:
        return None
    number = int(found.group(1)) if found.group(1).isdecimal() else 1
    return number * _UNIT_S[found.group(2)[0].lower()]

"""The code of a test mail: how it looks, how long it lives, how often it may be mistyped."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Capitals and digits without those that are taken for each other: I, L and 1, O and 0."""
LENGTH = 8
LIFE = timedelta(minutes=10)
TRIES = 5


class CodeFault(StrEnum):
    """Why a code confirms nothing."""

    NONE_SENT = "none_sent"
    USED = "used"
    EXPIRED = "expired"
    NO_TRIES_LEFT = "no_tries_left"
    CHANGED = "changed"
    """The connection is another one than that which the mail was sent through."""


def shown(code: str) -> str:
    """As the mail shows it: two groups, quick to read and to type."""
    half = LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def typed(text: str) -> str:
    """What was meant: small letters, spaces and dashes do not matter."""
    return "".join(character for character in text.upper() if character.isalnum())


def code_fault(
    *,
    sent_at: datetime,
    confirmed_at: datetime | None,
    tries: int,
    is_same_connection: bool,
    now: datetime,
) -> CodeFault | None:
    """Why no code can confirm this test mail any more; None while one can."""
    if confirmed_at is not None:
        return CodeFault.USED
    if not is_same_connection:
        return CodeFault.CHANGED
    if now >= sent_at + LIFE:
        return CodeFault.EXPIRED
    return CodeFault.NO_TRIES_LEFT if tries >= TRIES else None

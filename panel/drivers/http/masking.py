"""Keeps keys out of everything that is shown or logged, wherever a server repeats them."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "••••••"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHORTEST = 4
"""Octets; a shorter secret would be found everywhere, and is none."""


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, with a mask of fixed width for each secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return _CONTROL.sub(" ", text)

"""Names for messages: sortable by time, unguessable, short enough to read out (ULID)."""

from __future__ import annotations

from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
LENGTH = 26


def ulid(now: datetime, entropy: bytes) -> str:
    """26 characters in Crockford's base 32: 48 bits of milliseconds, then 80 bits of `entropy`.

    `entropy` must be 10 random bytes. Source: the ULID specification.
    """
    if len(entropy) != 10:
        raise ValueError("A ULID takes exactly 10 random bytes.")
    milliseconds = int(now.timestamp() * 1000)
    number = (milliseconds << 80) | int.from_bytes(entropy)
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -10, -10)])

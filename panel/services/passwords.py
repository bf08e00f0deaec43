"""Passwords of people: the rules for new ones, and argon2id (RFC 9106) to keep and check them."""

from __future__ import annotations

from functools import cache
from secrets import token_hex

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from panel.services.refusals import N_

SHORTEST = 12
LONGEST = 1024
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP Password Storage Cheat Sheet: 19 MiB and two passes, so that many threads can check one."""


def fault_of(password: str, *, email: str) -> str | None:
    """What is wrong with a new password, None when it may be used."""
    if len(password) < SHORTEST:
        return N_("The password is too short. Use at least 12 characters.")
    if len(password) > LONGEST:
        return N_("The password is too long. Use at most 1024 characters.")
    local_part = email.partition("@")[0]
    forbidden = [email] if len(local_part) < 4 else [email, local_part]
    if any(word and word.lower() in password.lower() for word in forbidden):
        return N_("The password contains the e-mail address. Choose another one.")
    if len(set(password)) < 4:
        return N_("The password repeats the same few characters. Choose another one.")
    return None


def hash_password(password: str) -> str:
    """The argon2id hash that is stored."""
    return _HASHER.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the stored hash.

    Without one, the same work is done on a hash that nothing belongs to, so that the time tells
    nobody whether an account exists.
    """
    given = password if len(password) <= LONGEST else ""
    try:
        return _HASHER.verify(stored or _nobodys_hash(), given) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(token_hex(32))

"""Tokens of applications: made, recognised, their last use noted. Only hashes are stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from panel.domain.permission import APPLICATION_PERMISSIONS, RIGHT_PERMISSIONS, Actor, Scope
from panel.storage.database import Session, is_passing
from panel.storage.queries import applications as queries
from panel.storage.queries.applications import KnownToken

USE_INTERVAL = timedelta(minutes=1)
"""The last use is written at most that often."""
REMEMBERED = timedelta(seconds=5)
"""How long a token is known without asking the database again."""
_MOST_REMEMBERED = 1000
_SECRET_BYTES = 32
_PREFIX_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_TOKEN = re.compile(r"pr_([a-z0-9]{8})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class NewCredentials:
    """What an application signs in with; shown once, then known to it alone."""

    prefix: str
    token: str = field(repr=False)
    smtp_username: str
    smtp_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """An application that proved to be it."""

    actor: Actor
    is_to_be_noted: bool
    """Whether `note_use` has something to write."""


class _RightTokens:
    """Tokens that were right a moment ago, by their hashes; for use by many threads."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[KnownToken, datetime]] = {}

    def keep(self, known: KnownToken, *, now: datetime) -> None:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[known.token_hash] = known, now

    def find(self, token_hash: str, *, now: datetime) -> KnownToken | None:
        known, kept_at = self._known.get(token_hash, (None, now))
        # A clock that was set back must not make it last longer.
        return known if kept_at <= now < kept_at + REMEMBERED else None

    def forget(self, application_id: int) -> None:
        for token_hash, (known, _kept_at) in list(self._known.items()):
            if known.id == application_id:
                self._known.pop(token_hash, None)


_right_tokens = _RightTokens()


def new_credentials() -> NewCredentials:
    """Random ones of 256 bits each; the prefix is for people to tell tokens apart."""
    prefix = "".join(secrets.choice(_PREFIX_CHARACTERS) for _ in range(8))
    return NewCredentials(
        prefix=prefix,
        token=f"pr_{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}",
        smtp_username=f"pr-{prefix}",
        smtp_password=secrets.token_urlsafe(_SECRET_BYTES),
    )


def secret_hash(secret: str) -> str:
    """What is stored of a token or password: its SHA-256; it is random, so nothing slower helps."""
    return hashlib.sha256(secret.encode()).hexdigest()


def authenticate(session: Session, token: str, *, address: str, now: datetime) -> Caller | None:
    """The application that this token belongs to; None when it is unknown or revoked.

    Writes nothing. `address` is where the request came from, for the audit.
    """
    form = _TOKEN.fullmatch(token)
    known = queries.find_token(session, form.group(1)) if form else None
    if known is None or not hmac.compare_digest(known.token_hash, secret_hash(token)):
        return None
    _right_tokens.keep(known, now=now)
    is_to_be_noted = known.used_at is None or known.used_at <= now - USE_INTERVAL
    return Caller(_actor(known, address), is_to_be_noted=is_to_be_noted)


def recall(token: str, *, address: str, now: datetime) -> Caller | None:
    """What `authenticate` said of this token within the last seconds, without the database.

    For use cases that look at the application themselves, in the transaction in which they write:
    it may have been revoked meanwhile.
    """
    known = _right_tokens.find(secret_hash(token), now=now)
    return Caller(_actor(known, address), is_to_be_noted=False) if known else None


def forget(application_id: int) -> None:
    """Lets the database be asked about the tokens of this application from now on."""
    _right_tokens.forget(application_id)


def note_use(session: Session, caller: Caller, *, now: datetime) -> None:
    """Writes when the application was seen last; safe when several requests do it at once.

    No request is kept waiting or refused for it: when the database cannot take it now, the next
    request will try again.
    """
    if caller.actor.application_id is None:
        return
    before = now - USE_INTERVAL
    try:
        queries.note_use(session, caller.actor.application_id, now=now, unless_after=before)
        session.commit()
    except Exception as error:
        session.rollback()
        if not is_passing(error):
            raise


def _actor(known: KnownToken, address: str) -> Actor:
    granted = (RIGHT_PERMISSIONS[right] for right in known.rights if right in RIGHT_PERMISSIONS)
    return Actor(
        name=f"application:{known.name}",
        permissions=APPLICATION_PERMISSIONS.union(granted),
        scope=Scope(is_everything=False, partner_id=known.partner_id),
        application_id=known.id,
        address=address,
    )

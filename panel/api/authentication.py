"""Who calls: the bearer token of an application (RFC 6750). Without one only the document opens."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, g, request

from panel.api.problem import problem
from panel.domain.permission import Actor
from panel.services import application_tokens
from panel.services.database import hasty_session, short_session

OPEN_ENDPOINTS = frozenset({"api.openapi"})
SUBMITTING = frozenset({"api.create_message", "api.create_batch"})
"""Views that write at the desk, not in the request's session, and find out by themselves, while
they write, whether the application is still there."""
_CHALLENGE = 'Bearer realm="Postroom"'


def authenticate() -> Response | None:
    """Makes the calling application known as `g.actor`, or refuses with 401.

    Uses a connection of its own, so that no transaction is open when the view begins.
    """
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    token = _bearer_token()
    if token is None:
        detail = "A token is missing. Send it in the header: Authorization: Bearer TOKEN"
        return problem(401, detail, headers={"WWW-Authenticate": _CHALLENGE})
    now = datetime.now(UTC)
    caller = _caller(token, now=now)
    if caller is None:
        challenge = f'{_CHALLENGE}, error="invalid_token"'
        detail = "The token is unknown, or its application was revoked."
        return problem(401, detail, headers={"WWW-Authenticate": challenge})
    if caller.is_to_be_noted:
        with hasty_session() as session:
            application_tokens.note_use(session, caller, now=now)
    g.actor = caller.actor
    return None


def calling_application() -> Actor:
    """The application whose request is being answered."""
    actor: Actor = g.actor
    return actor


def _caller(token: str, *, now: datetime) -> application_tokens.Caller | None:
    address = request.remote_addr or ""
    if request.endpoint in SUBMITTING:
        caller = application_tokens.recall(token, address=address, now=now)
        if caller is not None:
            return caller
    with short_session() as session:
        return application_tokens.authenticate(session, token, address=address, now=now)


def _bearer_token() -> str | None:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None

"""Who sends a request: Flask-Login fed from our own session rows, and the cookie for them."""

from __future__ import annotations

from flask import Flask, Request, g, request
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response

from panel.domain.permission import Actor
from panel.services.database import short_session
from panel.services.sessions import ABSOLUTE_LIMIT, Visit, note_visit, recognise
from panel.web.clock import now
from panel.web.installed import installation


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login carries no types
    """A signed-in person as Flask-Login wants to see one."""

    def __init__(self, visit: Visit) -> None:
        self.actor: Actor = visit.actor
        self.name = visit.user_name

    def get_id(self) -> str:
        """The user's id; nothing is stored under it."""
        return str(self.actor.user_id)


def init_identity(app: Flask) -> None:
    """Connects Flask-Login with the session rows."""
    manager = LoginManager()
    manager.session_protection = None
    manager.request_loader(_load)
    manager.init_app(app)


def identify() -> None:
    """Makes `g.actor` known before the view runs; files need nobody."""
    if request.endpoint == "static" or request.path.startswith("/api/"):
        return
    g.actor = current_user.actor if current_user.is_authenticated else None


def cookie_name(*, is_https: bool) -> str:
    """With HTTPS a name that browsers keep from being set for other hosts or without Secure."""
    return "__Host-postroom_session" if is_https else "postroom_session"


def remember(response: Response, token: str) -> None:
    """Puts the token of a new session into the browser."""
    response.set_cookie(
        cookie_name(is_https=_is_https()),
        token,
        max_age=ABSOLUTE_LIMIT,
        path="/",
        secure=_is_https(),
        httponly=True,
        samesite="Lax",
    )


def forget(response: Response) -> None:
    """Takes the token out of the browser; the row is ended elsewhere."""
    response.delete_cookie(
        cookie_name(is_https=_is_https()),
        path="/",
        secure=_is_https(),
        httponly=True,
        samesite="Lax",
    )


def remote_address() -> str:
    """Where the request came from, behind the trusted proxies; empty when it is not known."""
    return request.remote_addr or ""


def _load(incoming: Request) -> SignedIn | None:
    token = incoming.cookies.get(cookie_name(is_https=_is_https()), "")
    if not token:
        return None
    moment = now()
    with short_session() as session:
        visit = recognise(session, token, address=remote_address(), now=moment)
    if visit is None:
        return None
    if visit.is_to_be_noted:
        with short_session(writes=True) as session:
            note_visit(session, visit, now=moment)
    return SignedIn(visit)


def _is_https() -> bool:
    return installation().config.is_https

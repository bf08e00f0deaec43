"""Flask's own session, which holds the CSRF token and flashed messages: pages have one."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class PageSessions(SecureCookieSessionInterface):
    """A request to the API has none: it signs in with its token, and no cookie counts there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie, None for the API."""
        if request.path.startswith("/api/"):
            return None
        return super().open_session(app, request)

"""Who may enter which view. Each view is marked `@allows(…)` or `@public`; all others are shut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from flask import current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Actor, Permission
from panel.web.hx import hx_redirect, is_hx

View = TypeVar("View", bound=Callable[..., object])

API = "api"
"""The blueprint that knows callers by their tokens and checks them itself."""
PUBLIC_ENDPOINTS = frozenset({"static"})


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may enter a view: everybody, or actors with a permission."""

    permission: Permission | None


def allows(permission: Permission) -> Callable[[View], View]:
    """Marks a view for signed-in actors with this permission."""
    return _marked(Entrance(permission))


def public(view: View) -> View:
    """Marks a view for everybody, signed in or not."""
    return _marked(Entrance(None))(view)


def entrance(endpoint: str) -> Entrance | None:
    """The mark of a view, None when it has none."""
    if endpoint in PUBLIC_ENDPOINTS:
        return Entrance(None)
    return getattr(current_app.view_functions.get(endpoint), "_entrance", None)


def present_actor() -> Actor | None:
    """The signed-in actor, None when nobody is."""
    actor: Actor | None = g.get("actor")
    return actor


def current_actor() -> Actor:
    """The signed-in actor of a view that is marked `@allows`."""
    actor = present_actor()
    if actor is None:
        raise Unauthorized
    return actor


def guard() -> BaseResponse | None:
    """Lets the request pass, asks to sign in, or refuses; runs before every view."""
    endpoint = request.endpoint
    if endpoint is None or endpoint.partition(".")[0] == API:
        return None
    mark = entrance(endpoint)
    if mark is None:
        raise Forbidden
    if mark.permission is None:
        return None
    actor = present_actor()
    if actor is None:
        return ask_to_sign_in()
    if not actor.may(mark.permission):
        if request.path == "/" and request.method in ("GET", "HEAD"):
            return redirect(url_for("queue.index"), code=303)
        raise NotFound if actor.is_partner else Forbidden
    return None


def wants_json() -> bool:
    """Whether the caller is a program that asked for JSON."""
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html" and accepted[best] > accepted["text/html"]


def ask_to_sign_in() -> BaseResponse:
    """The way to the sign-in page, in the form that the caller understands."""
    if wants_json():
        raise Unauthorized
    if is_hx():
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        return hx_redirect(_sign_in_url(shown.path, shown.query), status=401)
    if request.method in ("GET", "HEAD"):
        return redirect(_sign_in_url(request.path, request.query_string.decode()), code=303)
    return redirect(_sign_in_url("", ""), code=303)


def own_path(target: str | None) -> str | None:
    """`target` when it is a path of this panel and nothing that leads elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(character) <= 32 for character in target):
        return None
    return target


def _sign_in_url(path: str, query: str) -> str:
    target = own_path(f"{path}?{query}" if query else path)
    address = url_for("sign_in.new")
    return f"{address}?{urlencode({'next': target})}" if target and target != "/" else address


def _marked(mark: Entrance) -> Callable[[View], View]:
    def mark_view(view: View) -> View:
        if hasattr(view, "_entrance"):
            raise TypeError(f"The view {view!r} is marked twice.")
        view._entrance = mark  # type: ignore[attr-defined]
        return view

    return mark_view

"""Whether a change was asked for by a page of this panel, beside the CSRF token."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden

from panel.web.installed import installation

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin() -> None:
    """Refuses an unsafe request that a browser says comes from elsewhere.

    Pages here carry `Referrer-Policy: no-referrer`, with which browsers send the origin `null`
    for their forms (Fetch, "append a request Origin header"); then Sec-Fetch-Site and the CSRF
    token decide. The API is called by programs with a token of their own.
    """
    if request.method in SAFE_METHODS or request.path.startswith("/api/"):
        return
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin", "null")
    if site not in ("same-origin", "none") or not (origin == "null" or _is_own(origin)):
        raise Forbidden(_("This request came from another site. Use the pages of this panel."))


def _is_own(origin: str) -> bool:
    own = (installation().config.base_url, request.host_url)
    return any(_parts(origin) == _parts(address) for address in own)


def _parts(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        port = None
    return parts.scheme, parts.hostname or "", port

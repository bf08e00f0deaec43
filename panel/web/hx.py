"""Whether htmx asks, and what only htmx understands in an answer."""

from __future__ import annotations

import json

from flask import Response, request


def is_hx() -> bool:
    """Whether the answer shall be a fragment instead of a whole page."""
    return request.headers.get("HX-Request") == "true"


def hx_redirect(url: str, *, status: int = 204) -> Response:
    """Sends the browser to another page; a plain redirect would be followed by the script."""
    return Response(status=status, headers={"HX-Redirect": url})


def with_toast(response: Response, tone: str, text: str) -> Response:
    """Adds a short message that the page shows; `tone` is info, success, error or undo.

    An answer with an error swaps nothing in.
    """
    response.headers["HX-Trigger"] = json.dumps({"toast": {"tone": tone, "text": text}})
    if response.status_code >= 400:
        response.headers["HX-Reswap"] = "none"
    return response

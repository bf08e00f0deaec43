"""The headers that stand on every answer: what a browser may do with it and who may keep it."""

from __future__ import annotations

from flask import Response, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_BY_KEY = {name.lower(): (name, value) for name, value in ALWAYS.items()}


def add_headers(response: Response) -> Response:
    """Adds what is missing; an answer with a stricter policy of its own keeps that."""
    headers = response.headers
    # Looked through once: `setdefault` would look for each of them by itself.
    present = {name.lower() for name, _value in headers}
    for key, (name, value) in _BY_KEY.items():
        if key not in present:
            headers.add(name, value)
    if request.endpoint != "static" and "cache-control" not in present:
        headers.add("Cache-Control", "no-store")
    return response

"""One line in the log for each request: what was asked, by whom, how it ended, how long it took."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from panel.web.access import present_actor

log = structlog.get_logger()


def init_request_log(app: Flask) -> None:
    """Measures from the first hook to the end of the answer's making; the query is left out."""
    app.before_request(_start)
    app.after_request(_write)


def _start() -> None:
    g.started_s = time.perf_counter()


def _write(response: Response) -> Response:
    if request.endpoint == "static":
        return response
    actor = present_actor()
    log.info(
        "request",
        method=request.method,
        path=shown_path(),
        status=response.status_code,
        ms=round((time.perf_counter() - g.started_s) * 1000),
        actor=actor.name if actor else "",
    )
    return response


def shown_path() -> str:
    """The path, without a one-time token that may stand in it."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(str(token), "…") if token else request.path

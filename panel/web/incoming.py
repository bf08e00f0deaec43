"""How addresses and forms are read: without NUL, which PostgreSQL can neither store nor compare.

Werkzeug reads bytes that are no UTF-8 as U+FFFD. NUL is read as U+001A, the control character for
"something stood here that cannot": filters find nothing, and fields refuse it like its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import Map, UnicodeConverter

SUBSTITUTE = "\x1a"


class Parameters(ImmutableMultiDict[str, Any]):
    """The fields of an address or a form, and the files of a form."""

    def __init__(self, fields: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        pairs = MultiDict(fields).items(multi=True)
        super().__init__([(name, _readable(value)) for name, value in pairs])


class PanelRequest(Request):
    """A request whose fields hold no NUL."""

    parameter_storage_class = Parameters


class Word(UnicodeConverter):
    """A part of a path; one with a NUL leads nowhere."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:  # noqa: A002
        super().__init__(map, *args, **options)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")


def init_incoming(app: Flask) -> None:
    """Makes the app read requests so; to be called before it has routes."""
    app.request_class = PanelRequest
    app.url_map.converters |= {"default": Word, "string": Word}


def _readable(value: Any) -> Any:
    return value.replace("\0", SUBSTITUTE) if isinstance(value, str) else value

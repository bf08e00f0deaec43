"""A request and its answer, as far as drivers need them: small values, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

LARGEST_ANSWER = 1024 * 1024
"""Octets of an answer that are read; what is longer is judged by its status alone."""
_WINDOWS = ("x-ratelimit", "ratelimit", "x-sib-ratelimit", "x-apiquota")
"""Beginnings of `…-remaining` and `…-reset`, the shortest window first."""
_EPOCH_FROM_S = 1_000_000_000
"""A reset from here on is a time since 1970, below it a number of seconds."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; `path` begins with a slash and may carry a query."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Without Host and Content-Length, which the client adds."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; the names of `headers` in small letters."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = True
    """False when it broke off, or was longer than `LARGEST_ANSWER`."""

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body) if self.is_whole else None
        except (ValueError, RecursionError):
            return None

    def texts(self, *keys: str) -> tuple[str, ...]:
        """The values of these keys of a JSON object as texts; empty where there is none."""
        made = self.json
        fields = made if isinstance(made, dict) else {}
        return tuple(_text(fields.get(key)) for key in keys)

    def objects(self, key: str) -> tuple[dict[str, Any], ...]:
        """The objects in the list under this key of a JSON object; empty where there is none."""
        made = self.json
        found = made.get(key) if isinstance(made, dict) else None
        listed = found if isinstance(found, list) else []
        return tuple(each for each in listed if isinstance(each, dict))

    @property
    def phrase(self) -> str:
        """The standard words for its status: `Bad Request`."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    def retry_after_s(self, now: datetime) -> int | None:
        """The wait that a refusal asks for, in whole seconds (RFC 9110 section 10.2.3), or None."""
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            return int(asked[:9])
        if asked:
            return _seconds_until(asked, now)
        used_up = self.pause_s(now)
        return self.reset_s(now) if used_up is None else used_up

    def reset_s(self, now: datetime) -> int | None:
        """When the first window that it tells of ends, in seconds from now, or None."""
        ends = (self._end_s(window, now) for window in _WINDOWS)
        return next((end for end in ends if end is not None), None)

    def pause_s(self, now: datetime) -> int | None:
        """How long nothing more is taken, as a rate or quota is used up by this; else None."""
        used_up = (each for each in _WINDOWS if self._header(f"{each}-remaining") == "0")
        return max((self._end_s(window, now) or 0 for window in used_up), default=0) or None

    def _end_s(self, window: str, now: datetime) -> int | None:
        """Given as seconds, as a time since 1970, or as a date (ISO 8601)."""
        text = self._header(f"{window}-reset")
        whole = text.partition(".")[0]
        if whole.isascii() and whole.isdigit():
            number = int(whole[:12])
            is_epoch = number >= _EPOCH_FROM_S
            return max(number - int(now.timestamp()), 0) if is_epoch else number
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        return max(int((at - now).total_seconds()), 0) if at.tzinfo is not None else None

    def _header(self, name: str) -> str:
        return self.headers.get(name, "").strip()


def as_json(value: object) -> bytes:
    """A JSON text in UTF-8; ValueError for lone surrogates."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _text(value: object) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)


def _seconds_until(text: str, now: datetime) -> int | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(int((at - now).total_seconds()), 0)

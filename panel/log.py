"""The log: one event a line with its fields, as text for people or as JSON for machines."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie")
MASK = "••••••"


class Outlet:
    """A stream that may break: a log that nobody reads any more must not stop what it tells of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes what can be written."""
        try:
            return self._stream.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Hands on what was written."""
        with suppress(OSError):
            self._stream.flush()


def configure_log(level: str, format: str) -> None:  # noqa: A002 - the name of the setting
    """Sets up structlog and the standard library's loggers for this process, on stderr.

    `format` is `text`, `json`, or empty: text on a terminal, else JSON.
    """
    is_text = format == "text" or (format != "json" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
    ]
    number = logging.getLevelNamesMapping()[level.upper()]
    outlet = cast("TextIO", Outlet(sys.stderr))
    structlog.configure(
        processors=[*shared, *_ending(is_text=is_text)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(outlet),
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=outlet, force=True)


def mask_secrets(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Covers the value of every field whose name speaks of a secret."""
    for name in event:
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = MASK
    return event


def show_controls(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Writes control characters as what they are: a terminal must not obey a request's path."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = "".join(_shown(character) for character in value)
    return event


def _shown(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def _ending(*, is_text: bool) -> list[structlog.typing.Processor]:
    if is_text:
        plain = structlog.dev.plain_traceback
        return [
            show_controls,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain),
        ]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]

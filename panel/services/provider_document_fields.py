"""The fields of a provider in a document: of which kind the value of each must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from typing import Any

from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, Limits, ProviderType, ServiceType
from panel.services.provider_document import Status
from panel.services.refusals import N_

_LONGEST_TEXT = 2000
_LONGEST_LIST = 200


class WrongValue(ValueError):
    """A value of the wrong kind; `message` is English, with placeholders for `values`."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WrongValue(N_("This must be a text in quotation marks."))
    if len(value) > _LONGEST_TEXT:
        raise WrongValue(N_("This is too long."))
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(N_("This must be a whole number without quotation marks."))
    if not 0 <= value < 10**12:
        raise WrongValue(N_("This number is out of range."))
    return value


def _limit(value: object) -> int | None:
    return None if value is None else _number(value)


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(N_("This must be true or false, without quotation marks."))
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise WrongValue(N_("This must be a list in square brackets."))
    if len(value) > _LONGEST_LIST:
        raise WrongValue(N_("This list is too long."))
    return tuple(_text(item) for item in value)


def _word(kind: type[StrEnum]) -> Callable[[object], StrEnum]:
    def word(value: object) -> StrEnum:
        found = next((word for word in kind if word.value == value), None)
        if found is None or not isinstance(value, str):
            message = N_("This must be one of: %(words)s.")
            raise WrongValue(message, words=", ".join(kind))
        return found

    return word


def _streams(value: object) -> tuple[StrEnum, ...]:
    return tuple(_word(Stream)(text) for text in _texts(value))


def _settings(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise WrongValue(N_("This must be an object in curly brackets."))
    if len(value) > _LONGEST_LIST:
        raise WrongValue(N_("This list is too long."))
    return tuple(sorted((key, _text(text)) for key, text in value.items()))


KINDS: dict[str, Callable[[object], Any]] = {
    "name": _text,
    "type": _word(ProviderType),
    "driver": _text,
    "host": _text,
    "port": _number,
    "encryption": _word(Encryption),
    "verify_certificate": _switch,
    "username": _text,
    "from_email": _text,
    "from_name": _text,
    "domains": _texts,
    "account_types": _streams,
    "service_type": _word(ServiceType),
    "status": _word(Status),
    "settings": _settings,
}
"""What makes the typed value of each field, or raises WrongValue."""
LIMITS: dict[str, object] = {limit.name: limit.default for limit in fields(Limits)}
"""The limits with what holds where a document does not name one."""
KINDS |= {name: _limit if default is None else _number for name, default in LIMITS.items()}
OPTIONAL: dict[str, object] = LIMITS | {"settings": ()}
"""What a document may leave out, and what holds then."""

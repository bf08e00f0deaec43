"""The drivers that exist: one line each. A new driver is added here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from panel.domain.provider import ProviderType
from panel.drivers.contract import Driver
from panel.drivers.smtp.driver import SmtpDriver


class DriverKind(StrEnum):
    """What a driver speaks."""

    SMTP = "smtp"
    API = "api"


@dataclass(frozen=True, slots=True)
class ExtraSetting:
    """A setting that only this driver has; forms are built from it."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    """Empty for free text."""
    is_secret: bool = False


SERVER_FIELDS = frozenset({"host", "port", "encryption", "verify_certificate", "username"})
"""What it takes to reach a server; an API that is always at the same place needs less."""


@dataclass(frozen=True, slots=True)
class DriverDescription:
    """What forms and lists need to know of a driver."""

    name: str
    label: str
    """A proper name, not translated."""
    kind: DriverKind
    provider_types: frozenset[ProviderType]
    """Those that may use it."""
    settings: tuple[ExtraSetting, ...] = ()
    fields: frozenset[str] = SERVER_FIELDS
    """Those of the server's fields that it uses; the form hides the others."""


_DRIVERS = (
    (DriverDescription("smtp", "SMTP", DriverKind.SMTP, frozenset(ProviderType)), SmtpDriver),
)


def descriptions() -> tuple[DriverDescription, ...]:
    """Every driver, in the order in which forms offer them."""
    return tuple(description for description, _ in _DRIVERS)


@cache
def driver(name: str) -> Driver:
    """The driver of that name, one object per process; KeyError when there is none."""
    return {description.name: make for description, make in _DRIVERS}[name]()

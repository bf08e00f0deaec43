"""The drivers that exist: one line each. A new driver is added here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from panel.domain.provider import ProviderType
from panel.drivers.brevo import VENDOR as BREVO
from panel.drivers.contract import Driver
from panel.drivers.description import (
    BASE_URL,
    SERVER_FIELDS,
    DriverDescription,
    DriverKind,
    ExtraSetting,
)
from panel.drivers.http.driver import ApiDriver
from panel.drivers.http.vendor import Vendor
from panel.drivers.mailersend import VENDOR as MAILERSEND
from panel.drivers.mailgun import VENDOR as MAILGUN
from panel.drivers.mailjet import VENDOR as MAILJET
from panel.drivers.postmark import VENDOR as POSTMARK
from panel.drivers.resend import VENDOR as RESEND
from panel.drivers.sendgrid import VENDOR as SENDGRID
from panel.drivers.ses import VENDOR as SES
from panel.drivers.smtp.driver import SmtpDriver
from panel.drivers.sparkpost import VENDOR as SPARKPOST
from panel.drivers.zeptomail import VENDOR as ZEPTOMAIL

__all__ = [
    "BASE_URL",
    "SERVER_FIELDS",
    "VENDORS",
    "DriverDescription",
    "DriverKind",
    "ExtraSetting",
    "descriptions",
    "driver",
]

_SMTP = DriverDescription("smtp", "SMTP", DriverKind.SMTP, frozenset(ProviderType))
VENDORS: tuple[Vendor, ...] = (
    BREVO,
    MAILERSEND,
    MAILGUN,
    MAILJET,
    POSTMARK,
    RESEND,
    SENDGRID,
    SES,
    SPARKPOST,
    ZEPTOMAIL,
)
"""The mail APIs, in the order in which forms offer them."""


def descriptions() -> tuple[DriverDescription, ...]:
    """Every driver, in the order in which forms offer them."""
    return _DESCRIPTIONS


@cache
def driver(name: str) -> Driver:
    """The driver of that name, one object per process; KeyError when there is none."""
    return _MAKERS[name]()


def _api(vendor: Vendor) -> Callable[[], Driver]:
    return lambda: ApiDriver(vendor)


_DESCRIPTIONS = (_SMTP, *(vendor.description for vendor in VENDORS))
_MAKERS: dict[str, Callable[[], Driver]] = {
    _SMTP.name: SmtpDriver,
    **{vendor.name: _api(vendor) for vendor in VENDORS},
}

"""Addresses as they may stand in MAIL and RCPT; nothing else can slip into a command line."""

from __future__ import annotations

import re

from panel.domain.outcome import Fault, Stage
from panel.drivers.trouble import Trouble

_FORBIDDEN = r'\s<>()\[\],;:"\\@\x00-\x1f\x7f-\x9f'
_MAILBOX = re.compile(
    rf'(?:[^{_FORBIDDEN}]+|"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\[\x20-\x7e])*")'
    rf"@(?:\[[0-9A-Za-z.:-]+\]|[^{_FORBIDDEN}]+)"
)
"""RFC 5321 section 4.1.2, opened to other letters by RFC 6531."""


def wire_address(address: str, stage: Stage, *, is_international: bool) -> str | Trouble:
    """The address for a server that offers SMTPUTF8 (`is_international`) or does not.

    Without SMTPUTF8 a domain of other letters goes out as A-labels; a local part cannot.
    """
    if not _MAILBOX.fullmatch(address):
        return Trouble(stage, Fault.BUILD, f"Not an address: {address[:80]!a}")
    if is_international or address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    try:
        name = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return Trouble(stage, Fault.BUILD, f"Not a domain: {domain[:80]!a}")
    if local.isascii():
        return f"{local}@{name}"
    return Trouble(stage, Fault.SMTPUTF8_MISSING, f"{address[:80]!a} needs SMTPUTF8")

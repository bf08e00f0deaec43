"""Addr-specs: which are well-formed, and how they are written on the wire. Nothing is looked up."""

from __future__ import annotations

import re

import email_validator
import idna

# Names such as `.test` and `.local` are for whoever runs this installation to use.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_CHARACTERS = 320
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]+")
"""What nearly every addr-spec looks like; the rest goes to email-validator, which is slower."""
_LONGEST_LOCAL = 64
_LONGEST_LABEL = 63


def address_fault(address: str) -> str | None:
    """Why `address` is no addr-spec (RFC 5322 section 3.4.1, RFC 6531), None when it is one.

    A domain without a dot is fine; address literals and quoted local parts are not.
    """
    if _is_plain(address):
        return None
    if len(address) > MAX_CHARACTERS:
        return f"The address is longer than {MAX_CHARACTERS} characters."
    try:
        checked = _parse(address)
    except email_validator.EmailNotValidError as error:
        return str(error)
    if checked.domain.rpartition(".")[2].isdigit():
        return "The part after the @-sign is a number, not a domain name."
    return None


def wire_address(address: str) -> str:
    """A well-formed address with its domain in ASCII (A-labels, RFC 5890).

    Where the local part is not ASCII either, the result still needs SMTPUTF8.
    """
    if address.isascii():
        return address
    return f"{address.rpartition('@')[0]}@{_parse(address).ascii_domain}"


def readable_domain(domain: str) -> str:
    """A domain, also as a part of an address, with its A-labels as people write them.

    What is no A-label, or not the only spelling of one, stays as it is.
    """
    head, at, host = domain.rpartition("@")
    return head + at + ".".join(map(_readable_label, host.split(".")))


def _readable_label(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return idna.decode(label)
    except idna.IDNAError:
        return label


def _is_plain(address: str) -> bool:
    if _PLAIN.fullmatch(address) is None:
        return False
    local, _at, domain = address.rpartition("@")
    # A domain that is no longer than one label may be has no label that is too long.
    return len(local) <= _LONGEST_LOCAL and len(domain) <= _LONGEST_LABEL


def _parse(address: str) -> email_validator.ValidatedEmail:
    return email_validator.validate_email(
        address,
        allow_smtputf8=True,
        strict=True,
        check_deliverability=False,
        globally_deliverable=False,
    )

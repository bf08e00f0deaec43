"""What may stand in the fields of a user: address, name, new password."""

from __future__ import annotations

from panel.sending.address import address_fault
from panel.services import passwords
from panel.services.refusals import N_

LONGEST_EMAIL = 254
LONGEST_NAME = 200


def normal_email(text: str) -> str | None:
    """The address in lower case, None when it is none. Nothing is looked up."""
    email = text.strip().lower()
    return None if len(email) > LONGEST_EMAIL or address_fault(email) else email


def field_errors(
    *, email: str | None = None, name: str = "", password: str | None = None, owner: str = ""
) -> dict[str, str]:
    """A message for each field that cannot be used; None leaves a field out.

    `owner` is the address that the password must not contain, by default `email`.
    """
    errors = {}
    if email is not None and normal_email(email) is None:
        errors["email"] = N_("This is not an e-mail address. Example: anna@example.com")
    if len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = N_("Use at most 200 characters, without line ends.")
    if password is not None:
        fault = passwords.fault_of(password, email=owner or normal_email(email or "") or "")
        if fault:
            errors["password"] = fault
    return errors

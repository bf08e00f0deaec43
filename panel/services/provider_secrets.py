"""Which password goes with entered values: the typed one, or the stored one where it belongs.

A stored password is never used with a connection other than the one that it was saved for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from panel.services.driver_choices import needs_secret
from panel.services.provider_values import ConnectionValues
from panel.services.refusals import N_, Invalid
from panel.storage.models import Provider
from panel.storage.secrets import read_secret
from panel.storage.vault import SecretUnreadable, Vault


class Use(Enum):
    """What a save has to do with the stored password."""

    KEEP = auto()
    REPLACE = auto()
    REMOVE = auto()


@dataclass(frozen=True, slots=True)
class Choice:
    """The password to use; `clear` is None when the stored one cannot be decrypted."""

    use: Use
    clear: str | None = field(repr=False)


def chosen_secret(values: ConnectionValues, provider: Provider | None, *, vault: Vault) -> Choice:
    """The password for these values of a saved or of a new (None) provider.

    Raises Invalid for the field `password` when it has to be typed (again). Without a user name
    there is no login, and a stored password is not kept for it.
    """
    if values.password:
        return Choice(Use.REPLACE, values.password)
    is_needed = needs_secret(values.driver, values.username)
    if provider is None or provider.secret is None:
        if is_needed:
            raise Invalid({"password": N_("Enter the password.")})
        return Choice(Use.KEEP, "")
    if provider.identity == values.identity:
        return stored_secret(provider, vault)
    if not is_needed:
        return Choice(Use.REMOVE, "")
    raise _belongs_elsewhere(provider)


def stored_secret(provider: Provider, vault: Vault) -> Choice:
    """The password that is stored for the provider's present connection."""
    try:
        return Choice(Use.KEEP, read_secret(provider, vault))
    except SecretUnreadable:
        return Choice(Use.KEEP, None)


def _belongs_elsewhere(provider: Provider) -> Invalid:
    message = N_(
        "Enter the password again: the stored one was saved for %(username)s at %(server)s with "
        "its own encryption settings, and is used nowhere else."
    )
    refused = Invalid({"password": message})
    refused.values = {
        "username": provider.username or "–",
        "server": f"{provider.host}:{provider.port}",
    }
    return refused

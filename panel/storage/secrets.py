"""A provider's secret in its row: written, read, and bound to the provider's identity."""

from __future__ import annotations

from datetime import datetime

from panel.storage.models.provider import Provider
from panel.storage.vault import Sealed, SecretUnreadable, Vault


def store_secret(provider: Provider, secret: str, *, vault: Vault, now: datetime, by: str) -> None:
    """Encrypts `secret` for the provider's present identity; an empty one removes it.

    The identity must be final before this is called: changing it later makes the secret void.
    """
    provider.secret_changed_at = now
    provider.secret_changed_by = by
    if not secret:
        provider.secret, provider.secret_key_id = None, ""
        return
    sealed = vault.seal(secret, _bound_to(provider))
    provider.secret, provider.secret_key_id = sealed.ciphertext, sealed.key_id


def read_secret(provider: Provider, vault: Vault) -> str:
    """The clear secret, empty when none is stored; raises SecretUnreadable."""
    if provider.secret is None:
        return ""
    return vault.open(Sealed(provider.secret_key_id, provider.secret), _bound_to(provider))


def is_readable(provider: Provider, vault: Vault) -> bool:
    """Whether the stored secret, if any, can be decrypted."""
    try:
        read_secret(provider, vault)
    except SecretUnreadable:
        return False
    return True


def _bound_to(provider: Provider) -> bytes:
    owner = "house" if provider.partner_id is None else f"partner:{provider.partner_id}"
    return provider.identity.canonical(owner)

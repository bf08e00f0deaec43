"""Encryption of stored secrets: AES-GCM, a key id in each row, bound to what the secret is for."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """The key is missing, or the secret belongs to another connection identity."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted secret and the id of its key."""

    key_id: str
    ciphertext: bytes


def key_id(key: bytes) -> str:
    """A public name of a key: the beginning of its SHA-256."""
    return hashlib.sha256(b"postroom key id" + key).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Vault:
    """The key ring. Writes with the newest key, reads with any of them."""

    keys: tuple[bytes, ...] = field(repr=False)
    """Newest first, 32 bytes each."""

    @property
    def newest_key_id(self) -> str:
        """The id of the key that new secrets are written with."""
        return key_id(self.keys[0])

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all keys that can be read with."""
        return frozenset(key_id(key) for key in self.keys)

    def seal(self, secret: str, bound_to: bytes) -> Sealed:
        """Encrypts `secret` so that it opens only together with the same `bound_to`."""
        nonce = os.urandom(_NONCE_BYTES)
        ciphertext = AESGCM(self.keys[0]).encrypt(nonce, secret.encode(), bound_to)
        return Sealed(self.newest_key_id, nonce + ciphertext)

    def open(self, sealed: Sealed, bound_to: bytes) -> str:
        """The clear secret; raises SecretUnreadable, never returns anything else."""
        key = next((item for item in self.keys if key_id(item) == sealed.key_id), None)
        if key is None:
            raise SecretUnreadable(f"The encryption key {sealed.key_id} is missing.")
        nonce, ciphertext = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, bound_to).decode()
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable("The secret belongs to other connection settings.") from error

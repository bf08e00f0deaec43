"""A way to send: its kinds, its connection identity and what it may carry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum


class ProviderType(StrEnum):
    """The business kind of a provider."""

    SMTP = "smtp"
    API_SMTP = "api_smtp"
    CRM_API_SMTP = "crm_api_smtp"


class ServiceType(StrEnum):
    """Primaries are tried first, fallbacks when no primary can take a mail."""

    PRIMARY = "primary"
    FALLBACK = "fallback"


class Encryption(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    SSL = "ssl"
    """TLS from the first byte (RFC 8314 section 3)."""
    TLS = "tls"
    """STARTTLS (RFC 3207), required: never a fall back to clear text."""


@dataclass(frozen=True, slots=True)
class ConnectionIdentity:
    """What a stored secret and a passed test belong to: change any part and both are void."""

    driver: str
    host: str
    port: int
    encryption: Encryption
    verify_certificate: bool
    username: str
    settings: tuple[tuple[str, str], ...] = ()
    """What the driver has beyond that, sorted by name; empty values are left out."""

    def digest(self, secret_version: str) -> str:
        """A fixed-length name of this identity together with one version of its secret."""
        return hashlib.sha256(self.canonical(secret_version)).hexdigest()

    def canonical(self, owner: str) -> bytes:
        """An unambiguous byte form, bound to `owner` (associated data of the encryption)."""
        parts: list[object] = [
            owner,
            self.driver,
            self.host.lower(),
            self.port,
            self.encryption.value,
        ]
        parts += [self.verify_certificate, self.username]
        if self.settings:
            parts.append([list(setting) for setting in self.settings])
        return json.dumps(parts).encode()


@dataclass(frozen=True, slots=True)
class Limits:
    """The vendor's allowance, in recipients; None means without limit.

    What other systems use of it goes off each limit: `panel.domain.budget` knows what is left.
    """

    per_second: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    elsewhere_per_second: int = 0
    elsewhere_per_minute: int = 0
    elsewhere_per_hour: int = 0
    elsewhere_per_day: int = 0

"""What a person enters for a provider, in typed form; where it came from does not matter."""

from __future__ import annotations

from dataclasses import dataclass, field

from panel.domain.delivery import Stream
from panel.domain.provider import (
    ConnectionIdentity,
    Encryption,
    Limits,
    ProviderType,
    ServiceType,
)


@dataclass(frozen=True, slots=True)
class ConnectionValues:
    """How to reach a server and log in. An empty password means: the stored one, if it fits."""

    driver: str = "smtp"
    host: str = ""
    port: int = 0
    encryption: Encryption = Encryption.TLS
    verify_certificate: bool = True
    username: str = ""
    password: str = field(default="", repr=False)
    settings: tuple[tuple[str, str], ...] = ()
    """What the driver declares beyond that, by name."""

    @property
    def identity(self) -> ConnectionIdentity:
        """What a secret and a passed test for these values belong to."""
        return ConnectionIdentity(
            driver=self.driver,
            host=self.host,
            port=self.port,
            encryption=self.encryption,
            verify_certificate=self.verify_certificate,
            username=self.username,
            settings=tuple(sorted((name, value) for name, value in self.settings if value)),
        )


@dataclass(frozen=True, slots=True)
class ProviderValues:
    """Everything that the form of a provider holds."""

    connection: ConnectionValues
    name: str
    from_email: str
    from_name: str = ""
    type: ProviderType = ProviderType.SMTP
    service_type: ServiceType = ServiceType.PRIMARY
    domains: tuple[str, ...] = ()
    """A leading dot means: its subdomains."""
    account_types: tuple[Stream, ...] = ()
    """Empty: all kinds of mail that its type can carry."""
    is_active: bool = False
    limits: Limits = Limits()

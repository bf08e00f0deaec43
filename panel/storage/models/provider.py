"""Providers, the order they stand in, and what is known of their health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.breaker import BreakerState
from panel.domain.provider import ConnectionIdentity, Encryption, Limits, ProviderType, ServiceType
from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime, word


class ProviderList(Base):
    """The ordered list of one owner; `version` grows with each change of order or members."""

    __tablename__ = "provider_lists"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    owner: Mapped[str] = mapped_column(String(32), unique=True)
    """`house` or `partner:ID`; a text, because a database lets NULL repeat in a unique column."""
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    changed_by: Mapped[str] = mapped_column(String(254), default="")
    ordered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When somebody last changed the order; members come and go at other times."""
    ordered_by: Mapped[str] = mapped_column(String(254), default="", server_default="")
    ordered_version: Mapped[int | None]
    """The version that this made; at any later one it cannot be undone any more."""
    former_order: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """The order before it."""


class Provider(Base):
    """One way to send. A deleted one keeps its row, without its secret, for the mailing log."""

    __tablename__ = "providers"
    __table_args__ = (
        Index(
            "ix_providers_list",
            "partner_id",
            "position",
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    position: Mapped[int] = mapped_column(default=0)
    type: Mapped[ProviderType] = mapped_column(word(ProviderType))
    driver: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(100))
    host: Mapped[str] = mapped_column(String(253), default="")
    port: Mapped[int] = mapped_column(default=0)
    username: Mapped[str] = mapped_column(String(320), default="")
    encryption: Mapped[Encryption] = mapped_column(word(Encryption))
    verify_certificate: Mapped[bool] = mapped_column(default=True)
    from_email: Mapped[str] = mapped_column(String(320))
    from_name: Mapped[str] = mapped_column(String(200), default="")
    domains: Mapped[list[str]] = mapped_column(JSON, default=list)
    account_types: Mapped[list[str]] = mapped_column(JSON, default=list)
    service_type: Mapped[ServiceType] = mapped_column(word(ServiceType))
    is_active: Mapped[bool] = mapped_column(default=False)
    per_second: Mapped[int | None]
    per_minute: Mapped[int | None]
    per_hour: Mapped[int | None]
    per_day: Mapped[int | None]
    elsewhere_per_second: Mapped[int] = mapped_column(default=0, server_default="0")
    """What other systems use of the vendor's allowance; it goes off the limit above."""
    elsewhere_per_minute: Mapped[int] = mapped_column(default=0, server_default="0")
    elsewhere_per_hour: Mapped[int] = mapped_column(default=0, server_default="0")
    elsewhere_per_day: Mapped[int] = mapped_column(default=0, server_default="0")
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the driver declares beyond the common fields."""
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Encrypted; None when no password is stored."""
    secret_key_id: Mapped[str] = mapped_column(String(16), default="")
    secret_changed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    secret_changed_by: Mapped[str] = mapped_column(String(254), default="")
    verified_identity: Mapped[str] = mapped_column(String(64), default="")
    """The identity that last passed a connection test; verified while it is the present one."""
    verified_at: Mapped[datetime | None] = mapped_column(UtcTime)
    verified_by: Mapped[str] = mapped_column(String(254), default="")
    confirmed_identity: Mapped[str | None] = mapped_column(String(64))
    """The identity through which a test mail arrived: its code was typed in."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by: Mapped[str | None] = mapped_column(String(254))
    confirmed_to: Mapped[str | None] = mapped_column(String(320))
    confirmed_after_s: Mapped[int | None]
    """Seconds from sending to confirmation."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each saved change; a form that was opened on an older one is stale."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def identity(self) -> ConnectionIdentity:
        """What its secret and its passed test belong to."""
        return ConnectionIdentity(
            driver=self.driver,
            host=self.host,
            port=self.port,
            encryption=self.encryption,
            verify_certificate=self.verify_certificate,
            username=self.username,
            settings=tuple(sorted((k, str(v)) for k, v in (self.settings or {}).items() if v)),
        )

    @property
    def host_and_port(self) -> str:
        """Where its server is, as `host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def identity_digest(self) -> str:
        """A name of the identity with the present secret; kept when a test passed."""
        changed_at = self.secret_changed_at.isoformat() if self.secret_changed_at else "none"
        return self.identity.digest(changed_at)

    @property
    def is_verified(self) -> bool:
        """Whether the present identity and secret have passed a connection test."""
        return self.verified_at is not None and self.verified_identity == self.identity_digest

    @property
    def is_confirmed(self) -> bool:
        """Whether a test mail through the present identity and secret has arrived."""
        return self.confirmed_at is not None and self.confirmed_identity == self.identity_digest

    @property
    def limits(self) -> Limits:
        """Its sending allowance."""
        return Limits(
            self.per_second,
            self.per_minute,
            self.per_hour,
            self.per_day,
            self.elsewhere_per_second,
            self.elsewhere_per_minute,
            self.elsewhere_per_hour,
            self.elsewhere_per_day,
        )


class ProviderHealth(Base):
    """The breaker of one provider, shared by every process."""

    __tablename__ = "provider_health"

    provider_id: Mapped[int] = mapped_column(
        ForeignKey("providers.id"), primary_key=True, autoincrement=False
    )
    state: Mapped[BreakerState] = mapped_column(word(BreakerState))
    failures: Mapped[int] = mapped_column(default=0)
    """In a row, without a success between."""
    failed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """From then on one probe mail at a time may try; None while disabled."""
    probe_until: Mapped[datetime | None] = mapped_column(UtcTime)
    """A probe mail is on its way; another one may start when this has passed."""
    probe_worker_id: Mapped[str | None] = mapped_column(String(32))
    """Whose probe it is; it is over when that worker is."""
    recovered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When it last came back, or a person edited or tested it."""
    rule: Mapped[str] = mapped_column(String(64), default="")
    said: Mapped[str] = mapped_column(String(2000), default="")
    largest_size: Mapped[int | None] = mapped_column(BigInteger)
    """SIZE in bytes that it last announced; None when it names no limit."""
    size_seen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    certificate_ends_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """Of the certificate that it last showed."""
    certificate_of: Mapped[str] = mapped_column(String(260), default="", server_default="")
    """`host:port` that showed it: after an edit another server may stand there."""
    retest_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """Not tested again by itself before then; who moves it on makes the test."""
    retested_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When it was last tested by itself; None once a person has edited or tested it."""
    retest_rule: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """What that test failed of; empty when it passed."""
    retest_said: Mapped[str] = mapped_column(String(2000), default="", server_default="")


class RefusedSender(Base):
    """A From address that a provider does not send for, remembered for a while."""

    __tablename__ = "refused_senders"

    provider_id: Mapped[int] = mapped_column(
        ForeignKey("providers.id"), primary_key=True, autoincrement=False
    )
    sender: Mapped[str] = mapped_column(String(320), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcTime)
    said: Mapped[str] = mapped_column(String(2000), default="")


class ProviderUsage(Base):
    """Recipients handed to a provider in one window of its budget."""

    __tablename__ = "provider_usage"

    provider_id: Mapped[int] = mapped_column(
        ForeignKey("providers.id"), primary_key=True, autoincrement=False
    )
    window_s: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Length of the window: 1, 60, 3600 or 86400 seconds."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    used: Mapped[int] = mapped_column(default=0)


class ProviderMinute(Base):
    """What came of the attempts at one provider that ended within one minute, all workers together.

    Written by workers every few seconds, so that screens need not count attempts; kept for days.
    """

    __tablename__ = "provider_minutes"

    provider_id: Mapped[int] = mapped_column(
        ForeignKey("providers.id"), primary_key=True, autoincrement=False
    )
    minute_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    sent: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    """For what is no trouble of the provider's: an unknown recipient, a mail that is too large."""
    failed: Mapped[int] = mapped_column(default=0)
    """By the provider's trouble."""
    sending_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """Milliseconds that all those together took that were sent."""


class ProviderQuarter(Base):
    """The same by quarters of an hour, for what looks at days; written along with the minutes."""

    __tablename__ = "provider_quarters"

    quarter_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    """First, so that a day of all providers lies together."""
    provider_id: Mapped[int] = mapped_column(
        ForeignKey("providers.id"), primary_key=True, autoincrement=False
    )
    sent: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    sending_ms: Mapped[int] = mapped_column(BigInteger, default=0)

"""The result of a live connection test, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StepStatus(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test; `name` is one of resolve, connect, tls, banner, ehlo, starttls, ehlo_tls,
    auth, quit (an API driver has names of its own)."""

    name: str
    status: StepStatus
    ms: int
    detail: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionParameters:
    """The parameters that were tested; never a secret."""

    host: str
    port: int
    security: str
    username: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class TlsDetails:
    """What TLS agreed on; `not_after` in ISO 8601."""

    version: str
    cipher: str
    trusted: bool
    subject: str
    issuer: str
    not_after: str

    @property
    def ends_at(self) -> datetime | None:
        """When the certificate ends; None where it does not say so in a readable way."""
        try:
            return datetime.fromisoformat(self.not_after)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class AuthDetails:
    """The login: its SASL mechanism and whether it was accepted."""

    mechanism: str
    ok: bool


@dataclass(frozen=True, slots=True)
class ConnectionFault:
    """Why a test failed; `rule` names the row of the outcome table."""

    step: str
    rule: str
    reply: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """Everything that a finished test tells; `transcript` has its secrets masked."""

    ok: bool
    connection: ConnectionParameters
    steps: tuple[Step, ...]
    extensions: tuple[str, ...] = ()
    tls: TlsDetails | None = None
    auth: AuthDetails | None = None
    error: ConnectionFault | None = None
    transcript: tuple[str, ...] = ()

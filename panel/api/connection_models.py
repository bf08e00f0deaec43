"""The JSON of connection tests: what is to be tested, and what came of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from panel.api.message_models import Given, Shown
from panel.domain.connection_test import StepStatus
from panel.domain.provider import Encryption

USUAL_PORT = 25


class ConnectionGiven(Given):
    """A server, and how to log in there."""

    host: str
    port: int = USUAL_PORT
    security: Encryption = Encryption.TLS
    """`tls` is STARTTLS, `ssl` is TLS from the first byte."""
    verify_certificate: bool = True
    username: str = ""
    """Empty: no login."""
    password: str = Field(default="", repr=False)


class ParametersShown(Shown):
    """What was tested."""

    host: str
    port: int
    security: str
    username: str
    timeout_s: float


class StepShown(Shown):
    """One step of a test."""

    name: str
    status: StepStatus
    ms: int
    detail: str
    reply: str


class TlsShown(Shown):
    """What TLS agreed on."""

    version: str
    cipher: str
    trusted: bool
    subject: str
    issuer: str
    not_after: str


class LoginShown(Shown):
    """The login."""

    mechanism: str
    ok: bool


class FaultShown(Shown):
    """Why the test failed, and what to do."""

    step: str
    message: str
    advice: str
    reply: str


class ConnectionTested(Shown):
    """A finished test that passed."""

    ok: bool
    connection: ParametersShown
    steps: list[StepShown]
    extensions: list[str]
    tls: TlsShown | None
    auth: LoginShown | None
    error: FaultShown | None


class ConnectionFailed(ConnectionTested):
    """A finished test that did not pass."""

    ok: Literal[False]
    error: FaultShown

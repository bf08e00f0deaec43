"""Running one connection test: with which rules of the network, and without a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from panel.domain.connection_test import (
    ConnectionFault,
    ConnectionParameters,
    ConnectionTest,
    Step,
    StepStatus,
)
from panel.domain.outcome import Fault, Stage
from panel.domain.provider import ConnectionIdentity
from panel.domain.smtp_outcomes import classify
from panel.sending import probe
from panel.sending.probe import Event
from panel.services.installation import Installation
from panel.services.provider_secrets import Choice
from panel.storage.database import Session

__all__ = ["Event", "last", "start"]

_UNREADABLE = "The stored password cannot be decrypted"


def start(
    session: Session,
    identity: ConnectionIdentity,
    *,
    secret: Choice,
    installation: Installation,
    partner_id: int | None,
) -> Iterator[Event]:
    """Ends the transaction of `session`, begins the test, and returns its events."""
    session.commit()
    if secret.clear is None:
        return iter(_unreadable(identity))
    config = installation.config
    egress = config.operator_egress if partner_id is None else config.partner_egress
    return probe.start(probe.account(identity, secret=secret.clear, egress=egress))


def last(events: Iterator[Event]) -> ConnectionTest:
    """The whole test, once it has ended."""
    *_, result = events
    assert isinstance(result, ConnectionTest)  # noqa: S101 - the contract of the probe
    return result


def _unreadable(identity: ConnectionIdentity) -> tuple[Event, ...]:
    """A test that failed before it began: there is no password to log in with."""
    step = Step("auth", StepStatus.FAILED, 0, detail=_UNREADABLE)
    connection = ConnectionParameters(
        host=identity.host,
        port=identity.port,
        security=identity.encryption.value,
        username=identity.username,
        timeout_s=0,
    )
    rule = classify(Stage.AUTH, Fault.SECRET).rule
    fault = ConnectionFault(step=step.name, rule=rule, detail=_UNREADABLE)
    return step, ConnectionTest(ok=False, connection=connection, steps=(step,), error=fault)

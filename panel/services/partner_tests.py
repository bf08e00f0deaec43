"""What partner admins learn of servers that nobody reaches, how late, and how often they may try.

A server that refuses or does not answer, an address that is not allowed and a name that nobody
knows look the same to them and take the same time: else tests would map the network of the house.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from panel.domain.connection_test import ConnectionFault, ConnectionTest, Step, StepStatus
from panel.domain.permission import Actor
from panel.services.connection_runs import Event
from panel.services.discretion import NOT_REACHED, UNREACHED_RULES
from panel.services.test_mails import Sent
from panel.services.throttles import Limit, count
from panel.storage.database import Session

TESTS_OF_USER = Limit("partner-test:user", 5, timedelta(minutes=1))
TESTS_OF_PARTNER = Limit("partner-test:partner", 30, timedelta(hours=1))
TEST_S = 10.5
"""When a test that reached nobody ends; the longest that one takes is ten seconds."""
MAIL_S = 21.0
"""The same for a test mail, which looks up and connects for ten seconds each."""
_STEPS = ("resolve", "connect", "banner", "ehlo", "starttls", "ehlo_tls", "auth", "quit")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """When something began, in seconds of a clock that never goes back."""

    began_at: float

    @classmethod
    def started(cls) -> Stopwatch:
        """One that began now."""
        return cls(time.monotonic())

    def wait_until(self, seconds: float) -> None:
        """Returns when that much time has gone by since the beginning."""
        time.sleep(max(0.0, self.began_at + seconds - time.monotonic()))


def allow_try(session: Session, actor: Actor, partner_id: int, *, now: datetime) -> None:
    """Counts a test of a partner admin; raises TooMany when it is one too many."""
    if not actor.is_partner:
        return
    try:
        count(session, TESTS_OF_USER, actor.name, now=now)
        count(session, TESTS_OF_PARTNER, str(partner_id), now=now)
    finally:
        session.commit()


def told(actor: Actor, events: Iterator[Event], watch: Stopwatch) -> Iterator[Event]:
    """The events of a test as the actor may know them; a failure goes into the error log."""
    kept: list[Step] = []
    is_reached = not actor.is_partner
    for event in events:
        if isinstance(event, ConnectionTest):
            log_failure(event)
            yield from _end(actor, event, kept, watch)
        elif is_reached:
            yield event
        else:
            kept.append(event)
            if event.name == "connect" and event.status is StepStatus.OK:
                is_reached = True
                yield from kept
                kept = []


def told_test(actor: Actor, test: ConnectionTest, watch: Stopwatch) -> ConnectionTest:
    """A finished test as the actor may know it."""
    if not actor.is_partner or not _is_unreached(test):
        return test
    watch.wait_until(TEST_S)
    steps = tuple(_step(name) for name in _STEPS)
    fault = ConnectionFault(step="connect", rule=NOT_REACHED)
    return ConnectionTest(ok=False, connection=test.connection, steps=steps, error=fault)


def told_mail(actor: Actor, sent: Sent, watch: Stopwatch) -> Sent:
    """What came of a test mail as the actor may know it."""
    if not actor.is_partner or sent.outcome.rule not in UNREACHED_RULES:
        return sent
    watch.wait_until(MAIL_S)
    return replace(sent, outcome=replace(sent.outcome, rule=NOT_REACHED, reply=None, detail=""))


def log_failure(test: ConnectionTest) -> None:
    """Writes a failed test into the error log; without secrets, but with what really happened."""
    if test.error is not None:
        log.error(
            "connection_test_failed",
            host=test.connection.host,
            port=test.connection.port,
            security=test.connection.security,
            step=test.error.step,
            rule=test.error.rule,
            said=test.error.reply or test.error.detail,
        )


def _end(actor: Actor, test: ConnectionTest, kept: list[Step], watch: Stopwatch) -> Iterator[Event]:
    result = told_test(actor, test, watch)
    yield from kept if result is test else result.steps
    yield result


def _is_unreached(test: ConnectionTest) -> bool:
    if test.error is None or test.error.rule not in UNREACHED_RULES:
        return False
    return not any(s.name == "connect" and s.status is StepStatus.OK for s in test.steps)


def _step(name: str) -> Step:
    if name == "connect":
        return Step(name, StepStatus.FAILED, round(TEST_S * 1000))
    return Step(name, StepStatus.SKIPPED, 0)

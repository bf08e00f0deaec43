"""Tests providers that have no mail to carry, about once a day: a dead fallback is known before it
is needed.

Whoever carries mail shows by that how it does. A login that was refused, or that counts as put
aside, is not tried more than once a day: servers lock accounts for that.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.connection_test import ConnectionTest
from panel.domain.outcome import Effect, Outcome, Stage
from panel.domain.outcome_rules import by_name
from panel.drivers.contract import Account
from panel.sending import probe
from panel.sending.clock import Clock, clock_s
from panel.sending.health import note_certificate
from panel.sending.snapshot import EgressRules
from panel.sending.wake import release_held
from panel.storage.database import Engine, Session, session_for
from panel.storage.models import Provider
from panel.storage.queue import health, retests
from panel.storage.secrets import read_secret
from panel.storage.vault import SecretUnreadable, Vault

log = structlog.get_logger(__name__)
LOOK_S = 60.0
"""Seconds between two looks for providers that are due, and before the first."""
SPREAD = timedelta(hours=2)
"""Up to so much is added to a day, so that not all are tested at one time."""
AFTER_A_FAULT = timedelta(hours=1)
"""Until the next test of one that could not be reached; no login was refused."""
_WEAK = frozenset({Effect.NONE, Effect.OPEN_AFTER_THREE})


@dataclass(frozen=True, slots=True)
class Standby:
    """The tests of one worker; `turn` is called every few seconds, in a thread of its own."""

    engine: Engine
    vault: Vault
    egress: EgressRules
    client_name: str
    clock: Clock

    def turn(self) -> int:
        """Tests those that are due and that no other worker tests; how many it were."""
        if not self.clock.is_steady:
            return 0
        with Session(self.engine, expire_on_commit=False) as session:
            found = retests.due(session, now=self.clock.now())
            session.expunge_all()
        return sum(self._test(provider) for provider in found)

    def _test(self, provider: Provider) -> bool:
        account = self._account(provider)
        if account is None:
            return False  # Without its password it is left out anyway, and the list says so.
        began_at = self.clock.now()
        next_at = began_at + retests.PERIOD + SPREAD * random.random()
        with session_for(self.engine) as session:
            is_mine = retests.claim(session, provider.id, now=began_at, next_at=next_at)
            session.commit()
        if not is_mine:
            return False
        *_, test = probe.start(account)
        assert isinstance(test, ConnectionTest)  # noqa: S101 - the contract of the probe
        log.info("standby_tested", provider=provider.id, passed=test.ok)
        with session_for(self.engine) as session:
            self._note(session, provider, test, began_at=began_at)
            session.commit()
        return True

    def _account(self, provider: Provider) -> Account | None:
        try:
            secret = read_secret(provider, self.vault)
        except SecretUnreadable:
            return None
        rules = self.egress.house if provider.partner_id is None else self.egress.partner
        account = probe.account(provider.identity, secret=secret, egress=rules)
        return replace(account, client_name=self.client_name)

    def _note(
        self, session: Session, tested: Provider, test: ConnectionTest, *, began_at: datetime
    ) -> None:
        """Nothing is kept of a connection that was changed while it was tested."""
        provider = session.get_one(Provider, tested.id)
        is_same = provider.identity_digest == tested.identity_digest
        if not is_same or not provider.is_active or provider.deleted_at is not None:
            return
        now = self.clock.now()
        note_certificate(session, provider, test)
        before = health.breaker_of(session, provider.id)
        if test.error is None:
            _take_back(session, provider.id, before, began_at=began_at, now=now)
            retests.note(session, provider.id, rule="", said="", at=now)
            return
        outcome = _outcome(test)
        breaker = health.learn(session, provider.id, outcome, began_at=began_at, now=now)
        is_locked = test.auth is not None or breaker.state is BreakerState.DISABLED
        retests.note(
            session,
            provider.id,
            rule=outcome.rule,
            said=outcome.said,
            at=now,
            next_at=None if is_locked else now + AFTER_A_FAULT,
        )


class Rota:
    """When a worker looks for providers that are due; not as soon as it starts."""

    def __init__(self, standby: Standby) -> None:
        self._standby = standby
        self._look_at_s = clock_s() + LOOK_S

    def turn(self) -> bool:
        """Called every few seconds."""
        if clock_s() >= self._look_at_s:
            self._look_at_s = clock_s() + LOOK_S
            self._standby.turn()
        return True


def _outcome(test: ConnectionTest) -> Outcome:
    """What the fault says of the provider: nobody may rely on it before it has been back."""
    error = test.error
    if error is None:
        raise AssertionError("The test has failed.")
    outcome = by_name(error.rule, Stage.CONNECT, detail=error.reply or error.detail)
    return replace(outcome, effect=Effect.OPEN) if outcome.effect in _WEAK else outcome


def _take_back(
    session: Session, provider_id: int, before: Breaker, *, began_at: datetime, now: datetime
) -> None:
    """It is back, unless it asked for a longer pause, or a person has to look first."""
    if before.state is not BreakerState.OPEN or not before.is_usable(now):
        return
    accepted = by_name("accepted", Stage.FINAL)
    health.learn(session, provider_id, accepted, began_at=began_at, now=now)
    release_held(session, now=now)

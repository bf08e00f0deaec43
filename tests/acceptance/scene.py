"""An installation under trial: its providers with scripted servers, its workers, its mail."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, select, text, update

from panel.domain.breaker import BreakerState
from panel.domain.delivery import WAITING_STATES, DeliveryState, Phase
from panel.storage.database import session_for
from panel.storage.models import Delivery, Provider, ProviderHealth
from panel.storage.queue.wakeup import notify
from tests.acceptance.intake import Intake
from tests.acceptance.reckoning import Reckoning, reconcile
from tests.factories.providers import a_provider
from tests.fakes.smtp_ledger import Ledger
from tests.fakes.smtp_server import SmtpServer
from tests.kit.patience import until
from tests.kit.processes import Installation, Program

CONNECTIONS = 10
"""Those of a worker to one provider."""
QUIET_S = 100.0
LOOK_S = 0.1
ON_ITS_WAY = (DeliveryState.SENDING, DeliveryState.QUEUED)
WAITING = (DeliveryState.DEFERRED, DeliveryState.HELD, DeliveryState.UNCONFIRMED)


@dataclass
class Scene:
    """What a trial needs at hand."""

    engine: Engine
    installation: Installation
    make_smtp_server: Callable[..., SmtpServer]
    intake: Intake = field(default_factory=Intake)
    servers: dict[str, list[SmtpServer]] = field(default_factory=dict)
    """By the provider's name, all that ever stood behind it."""

    @property
    def ledgers(self) -> dict[str, list[Ledger]]:
        """What the servers took, by provider."""
        return {name: [one.ledger for one in group] for name, group in self.servers.items()}

    @property
    def taken(self) -> int:
        """How many mails the servers have taken so far."""
        return sum(len(server.ledger.mails) for group in self.servers.values() for server in group)

    def provider(
        self, name: str, *, features: dict[str, Any] | None = None, **fields: Any
    ) -> SmtpServer:
        """An active provider at the end of its list, and the server behind it."""
        server = self.server(name, **(features or {}))
        with session_for(self.engine) as session:
            a_provider(session, name=name, port=server.port, **fields)
            session.commit()
        return server

    def server(self, name: str, **features: Any) -> SmtpServer:
        """One more server behind a provider; the provider is to be pointed at it by the caller."""
        server = self.make_smtp_server(**features)
        self.servers.setdefault(name, []).append(server)
        return server

    def provider_id(self, name: str) -> int:
        """The id of the provider of that name."""
        with session_for(self.engine) as session:
            present = Provider.name == name, Provider.deleted_at.is_(None)
            return session.scalars(select(Provider.id).where(*present)).one()

    def worker(self, environment: Mapping[str, str] | None = None) -> Program:
        """One more worker."""
        return self.installation.worker(environment)

    def kill(self, worker: Program) -> int:
        """As a power cut would; how many mails it leaves of which nobody knows whether they left.

        To be called while no other worker can have rescued them yet.
        """
        worker.kill()
        return self.count(
            Delivery.worker_id == name_of(worker),
            Delivery.state == DeliveryState.SENDING,
            Delivery.phase == Phase.HANDING_OVER,
        )

    def count(self, *conditions: Any) -> int:
        """Deliveries for which all conditions hold."""
        with self.engine.connect() as connection:
            statement = select(func.count()).select_from(Delivery).where(*conditions)
            return connection.scalar(statement) or 0

    def wait_for_taken(self, count: int, *, timeout_s: float = 60.0) -> None:
        """Until the servers have taken so many mails."""
        until(lambda: self.taken >= count, timeout_s=timeout_s)

    def wait_for_quiet(self, *, timeout_s: float = QUIET_S) -> None:
        """Until nothing is on its way and nothing can move by itself; waiting is cut short."""
        until(self._is_quiet, timeout_s=timeout_s)

    def let_time_pass(self) -> None:
        """As if the delays of all waiting mail and the cool-downs of providers had passed."""
        now = datetime.now(UTC)
        waits = Delivery.state.in_(WAITING), Delivery.next_attempt_at > now
        # Only what lies ahead: moved on and on, a time would never come for those who wait for it.
        is_open = (ProviderHealth.state == BreakerState.OPEN) & (ProviderHealth.retry_at > now)
        with session_for(self.engine) as session:
            for row in session.scalars(select(ProviderHealth.provider_id).order_by("provider_id")):
                one = ProviderHealth.provider_id == row, is_open
                session.execute(update(ProviderHealth).where(*one).values(retry_at=now))
                session.commit()  # nobody who holds several rows may have to wait for this
            session.execute(update(Delivery).where(*waits).values(next_attempt_at=now))
            notify(session)
            session.commit()

    def reasons(self) -> list[str]:
        """Why mail waits, and why providers are left alone."""
        kind = (Delivery.state, Delivery.phase, Delivery.rule, Delivery.said)
        waiting = select(*kind, func.count()).where(Delivery.state.in_(WAITING_STATES))
        health = select(Provider.name, ProviderHealth.state, ProviderHealth.rule)
        with self.engine.connect() as connection:
            mails = connection.execute(waiting.group_by(*kind)).all()
            providers = connection.execute(
                health.join(Provider, Provider.id == ProviderHealth.provider_id)
            ).all()
        return [" ".join(str(cell)[:60] for cell in row) for row in [*mails, *providers]]

    def reckon(self) -> Reckoning:
        """The reckoning, printed for those who look; AssertionError when it is not right."""
        reckoning = reconcile(self.engine, self.ledgers, self.intake.accepted)
        sys.stdout.write(f"{reckoning.table()}\n")  # shown where the test fails, or with -s
        assert reckoning.is_right, reckoning.table()
        return reckoning

    def _is_quiet(self) -> bool:
        threading.Event().wait(LOOK_S)
        waits = Delivery.state.in_(WAITING) & Delivery.next_attempt_at.is_not(None)
        if not self.count(Delivery.state.in_(ON_ITS_WAY) | waits):
            return True
        self.let_time_pass()
        return False


def name_of(worker: Program) -> str:
    """The id under which a worker claims mail, as its log tells it."""
    line = worker.wait_for("worker_started")
    return str(json.loads(line)["worker"])


def take_for_dead(engine: Engine, worker: Program) -> None:
    """As if a worker had given no sign of life for the time of a lease: others have seen it."""
    with session_for(engine) as session:
        session.execute(
            text("UPDATE workers SET is_dead = :yes WHERE id = :id"),
            {"yes": True, "id": name_of(worker)},
        )
        notify(session)
        session.commit()

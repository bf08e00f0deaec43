"""Parts of a worker for tests that need less than a whole one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, update

from panel.domain.delivery import DeliveryState
from panel.domain.provider import Encryption
from panel.drivers.contract import Account, Parcel
from panel.drivers.egress import EgressPolicy
from panel.sending.desk import Desk, Lease
from panel.sending.ledger import Ledger
from panel.sending.lines import Lines
from panel.sending.roster import Roster
from panel.sending.snapshot import EgressRules, Snapshot
from panel.storage.database import Session
from panel.storage.models import Delivery
from panel.storage.queue.roster import members, partners_without_house
from panel.storage.queue.wakeup import notify
from panel.storage.vault import Vault
from tests.factories.moments import NOON
from tests.kit.patience import until
from tests.storage.queue.holding import WORKER, log_of, row

LOOPBACK = EgressPolicy.parse("loopback")
EGRESS = EgressRules(LOOPBACK, LOOPBACK)


def an_account(port: int, **overrides: Any) -> Account:
    """The way to a server on this machine, in clear text."""
    values: dict[str, Any] = {
        "driver": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "encryption": Encryption.NONE,
        "verify_certificate": True,
        "username": "",
        "secret": "",
        "egress": LOOPBACK,
    }
    return Account(**(values | overrides))


def a_parcel(*recipients: str) -> Parcel:
    """A short mail."""
    return Parcel(
        reverse_path="post@house.test",
        recipients=recipients or ("kim@contoso.test",),
        header=b"From: post@house.test\r\nSubject: Hello\r\n",
        body=b"Good day.\r\n",
    )


async def soon(condition: Callable[[], object]) -> None:
    """`until` for tests on an event loop."""
    await asyncio.to_thread(until, condition)


async def open_gate() -> bool:
    """Lets every mail be handed over."""
    return True


def a_snapshot(session: Session, vault: Vault) -> Snapshot:
    """The providers as they are in the database."""
    found = Snapshot(members(session, vault, now=NOON), partners_without_house(session))
    session.expunge_all()
    session.rollback()
    return found


def a_roster(snapshot: Snapshot) -> Roster:
    """What a worker knows of the providers."""
    roster = Roster(egress=EGRESS, client_name="localhost")
    roster.renew(snapshot)
    return roster


class RememberingDesk(Desk):
    """A desk that still knows what its roster was made from."""

    snapshot: Snapshot


@asynccontextmanager
async def a_desk(
    engine: Engine,
    snapshot: Snapshot,
    *,
    make_desk: Callable[..., Desk] = Desk,
    connections: int = 10,
) -> AsyncIterator[Desk]:
    """A worker's desk with a writer of its own, closed at the end."""
    ledger = Ledger(engine)
    desk = make_desk(WORKER, ledger, Lines(connections=connections), a_roster(snapshot), Lease())
    try:
        yield desk
    finally:
        await desk.lines.close()
        ledger.close()


def state(session: Session, identifier: int) -> DeliveryState:
    """How it stands with a delivery."""
    return row(session, identifier).state


def tried(session: Session, identifier: int) -> list[tuple[str, str]]:
    """Provider and rule of each attempt."""
    return [(item.provider_name, item.rule) for item in log_of(session, identifier)]


def all_are(session: Session, identifiers: Iterable[int], wanted: DeliveryState) -> bool:
    """Whether each of the deliveries is in this state."""
    return all(state(session, identifier) is wanted for identifier in identifiers)


def make_due(session: Session) -> None:
    """As a person does who does not want to wait."""
    session.execute(update(Delivery).values(next_attempt_at=datetime.now(UTC)))
    notify(session)
    session.commit()

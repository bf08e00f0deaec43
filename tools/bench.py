"""`make bench`: how fast mail leaves, beside what the same connections could do without a queue.

Each figure stands beside its limit, measured in the same run on the same machine. Everything stays
on loopback. See docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from panel.config import CHECKOUT
from panel.domain.delivery import DeliveryState, Stream
from panel.domain.outcome import Outcome
from panel.domain.provider import Encryption, ProviderType, ServiceType
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.drivers import registry
from panel.drivers.contract import Account, Parcel
from panel.drivers.egress import EgressPolicy
from panel.sending.submit import submit
from panel.storage.database import Engine, make_engine, session_for
from panel.storage.models import Delivery, Provider, ProviderList
from panel.storage.schema import migrate
from tests.kit.postgres import create_database, drop_database

CONNECTIONS = 10
TEXT = "A line of an ordinary mail, about eighty characters long, said again.\r\n" * 56


def main() -> None:
    """Runs the benchmarks and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=5000)
    mails = parser.parse_args().mails
    print(f"{mails} mails of {len(TEXT) // 1000} KB to one provider, {CONNECTIONS} connections")
    limit = limit_rate(mails)
    print(f"{'connections alone, no queue (limit)':<44}{limit:>8,.0f} mails/s")
    with tempfile.TemporaryDirectory() as folder:
        rate = drain_rate(f"sqlite:///{folder}/postroom.db", Path(folder), mails)
        print(
            f"{'worker drains a queue, SQLite FULL':<44}{rate:>8,.0f} mails/s {rate / limit:>6.0%}"
        )
        url = create_database()
        rate = drain_rate(url, Path(folder), mails)
        drop_database(url)
        print(
            f"{'worker drains a queue, PostgreSQL':<44}{rate:>8,.0f} mails/s {rate / limit:>6.0%}"
        )


def limit_rate(mails: int) -> float:
    """Mails a second of the driver's own connections, with nothing to remember."""
    with sink() as port:
        return uvloop.run(_send_all(port, mails))


async def _send_all(port: int, mails: int) -> float:
    account = Account(
        driver="smtp",
        host="127.0.0.1",
        port=port,
        encryption=Encryption.NONE,
        verify_certificate=True,
        username="",
        secret="",
        egress=EgressPolicy.parse("loopback"),
    )
    parcel = Parcel("post@house.test", ("kim@contoso.test",), b"Subject: x\r\n", TEXT.encode())

    async def open_gate() -> bool:
        return True

    async def send(count: int) -> None:
        connection = await registry.driver("smtp").connect(account)
        if isinstance(connection, Outcome):
            raise SystemExit(f"The sink does not answer: {connection.said}")
        for _ in range(count):
            await connection.send(parcel, open_gate)
        await connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(send(mails // CONNECTIONS) for _ in range(CONNECTIONS)))
    return mails / (time.perf_counter() - began)


def drain_rate(url: str, folder: Path, mails: int) -> float:
    """Mails a second from the start of a worker until the last one is sent in the database."""
    engine = make_engine(url)
    migrate(engine)
    with sink() as port:
        _fill(engine, port, mails)
        environment = {
            **os.environ,
            "POSTROOM_INSTANCE": str(folder / "instance"),
            "POSTROOM_DATABASE_URL": url,
            "POSTROOM_LOG_LEVEL": "warning",
        }
        worker = subprocess.Popen(
            [sys.executable, "-m", "panel", "worker"], cwd=CHECKOUT, env=environment
        )
        try:
            return _watch(engine, mails)
        finally:
            worker.terminate()
            worker.wait()
            engine.dispose()


def _fill(engine: Engine, port: int, mails: int) -> None:
    now = datetime.now(UTC)
    with session_for(engine) as session:
        session.add(ProviderList(owner="house", version=1))
        session.add(
            Provider(
                type=ProviderType.SMTP,
                driver="smtp",
                name="sink",
                host="127.0.0.1",
                port=port,
                encryption=Encryption.NONE,
                from_email="post@house.test",
                service_type=ServiceType.PRIMARY,
                is_active=True,
                created_at=now,
                updated_at=now,
            )
        )
        for number in range(mails):
            mail = Submission(
                stream=Stream.SYSTEM,
                to=(Mailbox(f"kim{number}@contoso.test"),),
                subject=f"Mail {number}",
                text=f"{number}\r\n{TEXT}",
                source="cli",
            )
            submit(session, mail, now=now)
        session.commit()


def _watch(engine: Engine, mails: int) -> float:
    """From the first mail that was sent to the last, so that starting Python does not count."""
    began, at_start = 0.0, 0
    while True:
        with session_for(engine) as session:
            sent = session.query(Delivery).filter_by(state=DeliveryState.SENT).count()
        if sent and not began:
            began, at_start = time.perf_counter(), sent
        if sent == mails:
            return (mails - at_start) / (time.perf_counter() - began)
        time.sleep(0.05)


@contextmanager
def sink() -> Iterator[int]:
    """A server in a process of its own that takes everything; the port it listens on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.smtp_server", "--port", "0", "--sink"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield int(process.stdout.readline() if process.stdout else "")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()

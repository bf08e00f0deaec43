"""Whole workers inside the test's own process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from panel.drivers.egress import EgressPolicy
from panel.sending.snapshot import EgressRules
from panel.sending.worker import Surroundings, Worker
from panel.storage.vault import Vault

LOOPBACK = EgressPolicy.parse("loopback")


@contextmanager
def a_worker(engine: Engine, vault: Vault) -> Iterator[Worker]:
    """A worker on a thread of its own, stopped in good order at the end."""
    started = threading.Event()
    found: list[Worker] = []

    async def run() -> None:
        worker = Worker(Surroundings(engine, vault, EgressRules(LOOPBACK, LOOPBACK), "localhost"))
        found.append(worker)
        await worker.run(on_ready=started.set)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert started.wait(20)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(found[0].stop)
        thread.join()
        loop.close()

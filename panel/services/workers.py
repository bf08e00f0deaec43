"""Running a worker with the settings of this installation."""

from __future__ import annotations

from collections.abc import Callable

from panel.config import Config
from panel.sending.line import CONNECTIONS
from panel.sending.snapshot import EgressRules
from panel.sending.worker import LeaseLost, Surroundings, Worker
from panel.services.installation import Installation
from panel.storage.database import make_engine

__all__ = ["CONNECTIONS", "LeaseLost", "run_worker"]


async def run_worker(
    installation: Installation,
    *,
    connections: int = CONNECTIONS,
    on_ready: Callable[[Callable[[], None]], None],
) -> None:
    """Works until stopped; `on_ready` gets the function that stops it.

    `connections`: how many it may have to one provider at one time.

    Raises LeaseLost when the worker slept so long that others took over its mail.
    """
    config = installation.config
    engine = make_engine(config.database_url)
    worker = Worker(
        Surroundings(
            engine=engine,
            vault=installation.vault,
            egress=EgressRules(house=config.operator_egress, partner=config.partner_egress),
            client_name=_client_name(config),
            connections=connections,
        )
    )
    try:
        await worker.run(on_ready=lambda: on_ready(worker.stop))
    finally:
        engine.dispose()


def _client_name(config: Config) -> str:
    """The name given in EHLO: that of the panel, where it is one (RFC 5321 section 4.1.4)."""
    name = config.base_url.partition("://")[2].partition(":")[0]
    is_name = "." in name and not name.replace(".", "").isdigit()
    return name if is_name else "localhost"

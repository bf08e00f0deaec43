"""`postroom worker`: carries mail from the queue to the providers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import click
import uvloop

from panel.cli.orphan import end_with_supervisor
from panel.config import read_config
from panel.log import configure_log
from panel.services.installation import Installation, prepare
from panel.services.workers import LeaseLost, run_worker

TEMPORARY_FAILURE = 75
"""Exit status for a worker that has to be started anew (EX_TEMPFAIL of sysexits.h)."""


@click.command()
@click.option("--supervised", is_flag=True, hidden=True)
def worker(supervised: bool) -> int:  # noqa: FBT001
    """Sends what waits in the queue, until it is stopped."""
    installation = prepare(read_config())
    configure_log(installation.config.log_level, installation.config.log_format)
    if supervised:
        end_with_supervisor()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(installation))
    except LeaseLost as error:
        click.echo(f"postroom: {error}", err=True)
        return TEMPORARY_FAILURE
    return 0


async def _work(installation: Installation) -> None:
    loop = asyncio.get_running_loop()

    def stop_on_signals(stop: Callable[[], None]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)

    await run_worker(installation, on_ready=stop_on_signals)

"""`postroom worker`: carries mail from the queue to the providers."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable

import click
import uvloop

from panel.cli.ending import Ending
from panel.cli.orphan import end_with_supervisor
from panel.cli.pulse import pulse
from panel.config import read_config
from panel.log import configure_log
from panel.services.installation import Installation, prepare
from panel.services.workers import CONNECTIONS, LeaseLost, run_worker

OBJECTS_BETWEEN_COLLECTIONS = (20_000, 20, 20)
"""For `gc.set_threshold`."""
TURN_S = 0.0001
"""Seconds after which a busy thread makes way. The ledger's asks for the interpreter again after
each statement; with Python's usual 5 ms a commit of six statements would mostly wait.
"""
TEMPORARY_FAILURE = 75
"""Exit status for a worker that has to be started anew (EX_TEMPFAIL of sysexits.h)."""


connections_option = click.option(
    "--connections",
    type=click.IntRange(1, 100),
    default=CONNECTIONS,
    show_default=True,
    help="Of each sending process to one provider, at one time.",
)


@click.command()
@connections_option
@click.option("--supervised", is_flag=True, hidden=True)
@click.option("--pulse", "descriptor", type=int, hidden=True)
def worker(connections: int, supervised: bool, descriptor: int | None) -> int:  # noqa: FBT001
    """Sends what waits in the queue, until it is stopped."""
    ending = Ending()
    ending.listen()
    installation = prepare(read_config())
    configure_log(installation.config.log_level, installation.config.log_format)
    if supervised:
        end_with_supervisor()
    _settle_memory()
    sys.setswitchinterval(TURN_S)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(installation, ending, connections, descriptor))
    except LeaseLost as error:
        click.echo(f"postroom: {error}", err=True)
        return TEMPORARY_FAILURE
    return 0


def _settle_memory() -> None:
    """Everything loaded so far stays: looking through it for garbage again and again, as Python
    does after every few hundred objects, would take a tenth of a busy worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*OBJECTS_BETWEEN_COLLECTIONS)


async def _work(
    installation: Installation, ending: Ending, connections: int, descriptor: int | None
) -> None:
    loop = asyncio.get_running_loop()

    def stop_on_signals(stop: Callable[[], None]) -> None:
        ending.calls(lambda: loop.call_soon_threadsafe(stop))

    async with pulse(descriptor):
        await run_worker(installation, connections=connections, on_ready=stop_on_signals)

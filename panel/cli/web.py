"""`postroom web`: the panel and the HTTP API."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from panel.cli.orphan import end_with_supervisor
from panel.cli.ports import check_port
from panel.config import CHECKOUT, Config, publish_base_url, read_config
from panel.services.database import own_session
from panel.services.installation import prepare
from panel.services.set_up import first_run_link

THREADS = 32
"""Requests that one process answers at a time; a live connection test holds one of them."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--supervised", is_flag=True, hidden=True)
def web(host: str, port: int, processes: int, supervised: bool) -> None:  # noqa: FBT001
    """Serves the panel and the HTTP API."""
    config = prepare(read_config(host=host, port=port)).config
    check_port(host, port)
    if not supervised:
        greet(config)
    else:
        end_with_supervisor()
    serve(config, host=host, port=port, processes=processes)


def greet(config: Config) -> None:
    """Says where the panel is and, as long as it has no user, how to create the first one."""
    click.echo(f"Postroom is at {config.base_url}")
    with own_session(config) as session:
        link = first_run_link(session, base_url=config.base_url, now=datetime.now(UTC))
    if link is not None:
        click.echo(f"Open this link once to create the first operator:\n\n    {link}\n")


def serve(
    config: Config, *, host: str, port: int, processes: int, target: str = "wsgi:app"
) -> None:
    """Serves the WSGI application `target` until it is told to stop."""
    publish_base_url(config)
    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        backpressure=THREADS * 4,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=15,
        working_dir=CHECKOUT,
    ).serve()

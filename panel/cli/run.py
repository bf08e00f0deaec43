"""`postroom run`: panel, API and workers of one machine under one supervisor."""

from __future__ import annotations

import click

from panel.cli.child import Program
from panel.cli.ports import check_port
from panel.cli.supervisor import Supervisor
from panel.cli.web import greet
from panel.cli.worker import connections_option
from panel.config import publish_base_url, read_config
from panel.log import configure_log
from panel.services.installation import prepare


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="Sending processes."
)
@connections_option
def run(host: str, port: int, workers: int, connections: int) -> int:
    """Starts everything: the panel, the HTTP API and the workers that send."""
    config = prepare(read_config(host=host, port=port)).config
    configure_log(config.log_level, config.log_format)
    check_port(host, port)
    publish_base_url(config)
    greet(config)
    web = Program("web", ("web", "--host", host, "--port", str(port)))
    sender = ("worker", "--connections", str(connections))
    senders = [
        Program(f"worker {number}", sender, has_pulse=True) for number in range(1, workers + 1)
    ]
    return Supervisor([web, *senders]).run()

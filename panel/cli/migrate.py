"""`postroom migrate`: brings the database to the version of this program."""

from __future__ import annotations

import click

from panel.config import read_config
from panel.services.installation import bring_up_to_date


@click.command()
def migrate() -> None:
    """Brings the database to this version."""
    if bring_up_to_date(read_config()):
        click.echo("The database is at this version now.")
    else:
        click.echo("The database is at this version already.")

"""`postroom partner`: tenants of the house."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from panel.config import read_config
from panel.domain.permission import COMMAND_LINE
from panel.services.database import own_session
from panel.services.installation import prepare
from panel.services.partners import add_partner, check_partner


@click.group()
def partner() -> None:
    """Partners."""


@partner.command()
@click.argument("slug")
@click.option("--name", required=True, help="How people call the partner.")
def add(slug: str, name: str) -> None:
    """Creates a partner; SLUG stands in addresses, for example acme-travel."""
    check_partner(slug=slug, name=name)
    config = prepare(read_config()).config
    with own_session(config) as session:
        add_partner(session, COMMAND_LINE, slug=slug, name=name, now=datetime.now(UTC))
    click.echo(f"The partner {slug} is there.")

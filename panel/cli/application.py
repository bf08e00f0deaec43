"""`postroom application`: programs that may submit mail."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from panel.config import read_config
from panel.domain.permission import COMMAND_LINE
from panel.services.applications import (
    ApplicationValues,
    NewApplication,
    add_application,
    check_application,
)
from panel.services.database import own_session
from panel.services.installation import prepare


@click.group()
def application() -> None:
    """Applications."""


@application.command()
@click.argument("name")
@click.option("--streams", required=True, help="What it may send, for example system,crm.")
@click.option("--partner", default="", help="Slug of the partner that it belongs to.")
@click.option(
    "--from-domain",
    "from_domains",
    multiple=True,
    help="A domain that it may send from; repeat it for more. Without it: any.",
)
@click.option("--rights", default="", help="Beyond sending: connection_tests, providers_read.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON for a program to read.")
def add(
    *,
    name: str,
    streams: str,
    partner: str,
    from_domains: tuple[str, ...],
    rights: str,
    is_json: bool,
) -> None:
    """Creates an application and prints what it signs in with, this once."""
    values = ApplicationValues(
        name=name,
        streams=_items(streams),
        partner_slug=partner,
        from_domains=_items(",".join(from_domains)),
        rights=_items(rights),
    )
    check_application(values)
    config = prepare(read_config()).config
    with own_session(config) as session:
        created = add_application(session, COMMAND_LINE, values=values, now=datetime.now(UTC))
    click.echo(_as_json(created) if is_json else _as_text(created))


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _as_json(created: NewApplication) -> str:
    return json.dumps(
        {
            "id": created.id,
            "name": created.name,
            "token": created.credentials.token,
            "smtp_username": created.credentials.smtp_username,
            "smtp_password": created.credentials.smtp_password,
        }
    )


def _as_text(created: NewApplication) -> str:
    return "\n".join(
        [
            f"The application {created.name} may submit mail now. It signs in with:",
            f"API token:      {created.credentials.token}",
            f"SMTP username:  {created.credentials.smtp_username}",
            f"SMTP password:  {created.credentials.smtp_password}",
            "Keep them safe now; they cannot be shown again.",
        ]
    )

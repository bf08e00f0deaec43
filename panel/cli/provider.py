"""`postroom provider`: the list of providers, and live connection tests; changes are beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from panel.cli.connection_words import answer, cause, step_line
from panel.cli.provider_changes import COMMANDS
from panel.cli.provider_entry import add, edit
from panel.cli.provider_transfer import export, import_file
from panel.config import read_config
from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import COMMAND_LINE
from panel.services import connection_tests, providers
from panel.services.connection_runs import Event
from panel.services.database import own_session
from panel.services.installation import prepare
from panel.services.providers import ProviderState
from panel.services.readable import readable_domain

FAILED = 1


@click.group()
def provider() -> None:
    """Mail providers."""


for command in (add, edit, export, import_file, *COMMANDS):
    provider.add_command(command)


@provider.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(as_json: bool) -> None:  # noqa: FBT001
    """Lists the house's providers in the order in which they are tried."""
    installation = prepare(read_config())
    with own_session(installation.config) as session:
        shown = providers.listing(session, COMMAND_LINE, vault=installation.vault)
    rows = [_row(position, state) for position, state in enumerate(shown.providers, start=1)]
    if as_json:
        click.echo(json.dumps({"version": shown.version, "providers": rows}, indent=2))
    elif rows:
        _print_table(rows)
    else:
        click.echo("There is no provider yet. Add one in the panel, or by `postroom provider add`.")


@provider.command()
@click.argument("provider_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, at the end.")
def test(provider_id: int, as_json: bool) -> int:  # noqa: FBT001
    """Tests the connection of a provider; the exit status is 0 when it passed, else 1."""
    installation = prepare(read_config())
    with own_session(installation.config) as session:
        events = connection_tests.of_saved(
            session,
            COMMAND_LINE,
            provider_id=provider_id,
            installation=installation,
            now=datetime.now(UTC),
        )
        for event in events:
            _print_event(event, as_json=as_json)
    return 0 if isinstance(event, ConnectionTest) and event.ok else FAILED


def _row(position: int, state: ProviderState) -> dict[str, object]:
    listed = state.provider
    return {
        "position": position,
        "id": listed.id,
        "name": listed.name,
        "type": listed.type.value,
        "driver": listed.driver,
        "host": listed.host,
        "port": listed.port,
        "username": listed.username,
        "encryption": listed.encryption.value,
        "settings": dict(listed.identity.settings),
        "from_email": listed.from_email,
        "service_type": listed.service_type.value,
        "active": listed.is_active,
        "verified_at": _verified_at(state),
        "health": state.breaker.state.value,
    }


def _verified_at(state: ProviderState) -> str | None:
    listed = state.provider
    return listed.verified_at.isoformat() if listed.verified_at and listed.is_verified else None


def _print_table(rows: list[dict[str, object]]) -> None:
    heads = ("", "ID", "Name", "Server", "Sends from", "Use", "State", "Tested")
    lines = [heads, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        cells = zip(line, widths, strict=True)
        click.echo("  ".join(cell.ljust(width) for cell, width in cells).rstrip())


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    state = "active" if row["active"] else "inactive"
    health = "" if row["health"] == "closed" else f", {row['health']}"
    return (
        str(row["position"]),
        str(row["id"]),
        str(row["name"]),
        f"{readable_domain(str(row['host']))}:{row['port']}",
        readable_domain(str(row["from_email"])),
        str(row["service_type"]),
        state + health,
        str(row["verified_at"] or "no")[:10],
    )


def _print_event(event: Event, *, as_json: bool) -> None:
    if isinstance(event, ConnectionTest):
        click.echo(json.dumps(answer(event), indent=2) if as_json else _verdict(event))
    elif not as_json:
        click.echo(step_line(event))


def _verdict(result: ConnectionTest) -> str:
    return "The connection works." if result.ok else cause(result)

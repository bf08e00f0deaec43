"""`postroom provider activate`, `deactivate`, `move`, `duplicate` and `delete`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from panel.config import read_config
from panel.domain.permission import COMMAND_LINE
from panel.services import provider_copies, provider_deletion, providers
from panel.services.database import Session, own_session
from panel.services.driver_choices import needs_secret
from panel.services.installation import Installation, prepare
from panel.services.provider_activation import NotVerified, set_active
from panel.services.provider_order import order_of, reorder

STEPS = {"up": -1, "down": 1}


@click.command()
@click.argument("provider_id", metavar="ID", type=int)
@click.option("--reason", default="", help="Why it may do without a passed test; audited.")
def activate(provider_id: int, reason: str) -> None:
    """Switches a provider on; it must have passed a connection test, or a --reason is given."""
    with _house() as (session, _installation):
        try:
            provider = set_active(
                session,
                COMMAND_LINE,
                provider_id=provider_id,
                is_active=True,
                override_reason=reason,
                now=datetime.now(UTC),
            )
        except NotVerified as refusal:
            advice = f"`postroom provider test {provider_id}` does, or give a --reason."
            raise click.ClickException(f"{refusal} {advice}") from None
    click.echo(f"{provider.name} is on.")


@click.command()
@click.argument("provider_id", metavar="ID", type=int)
def deactivate(provider_id: int) -> None:
    """Switches a provider off; the last active one stays on."""
    with _house() as (session, _installation):
        provider = set_active(
            session, COMMAND_LINE, provider_id=provider_id, is_active=False, now=datetime.now(UTC)
        )
    click.echo(f"{provider.name} is off.")


@click.command()
@click.argument("provider_id", metavar="ID", type=int)
@click.argument("direction", type=click.Choice(list(STEPS)))
def move(provider_id: int, direction: str) -> None:
    """Moves a provider one place up or down, across the line between the groups too."""
    with _house() as (session, installation):
        providers.show(session, COMMAND_LINE, provider_id=provider_id)
        shown = providers.listing(session, COMMAND_LINE, vault=installation.vault)
        order = order_of([state.provider for state in shown.providers])
        wanted = order.moved(str(provider_id), STEPS[direction])
        reorder(session, COMMAND_LINE, order=wanted, version=shown.version, now=datetime.now(UTC))
        listed = [entry for entry in wanted.entries if entry.isdigit()]
        if wanted == order:
            click.echo("It cannot go any further; the order stays as it is.")
        else:
            click.echo(f"It is number {listed.index(str(provider_id)) + 1} now.")


@click.command()
@click.argument("provider_id", metavar="ID", type=int)
def duplicate(provider_id: int) -> None:
    """Makes an inactive copy of a provider right below it, without its password."""
    with _house() as (session, _installation):
        copy = provider_copies.duplicate(
            session, COMMAND_LINE, provider_id=provider_id, now=datetime.now(UTC)
        )
    lacks = needs_secret(copy.driver, copy.username)
    needs = " It needs its password: a stored one is never copied." if lacks else ""
    click.echo(f"{copy.name} has the ID {copy.id} and is inactive.{needs}")


@click.command()
@click.argument("provider_id", metavar="ID", type=int)
@click.option("--yes", is_flag=True, help="Delete it, with its stored password.")
def delete(provider_id: int, yes: bool) -> None:  # noqa: FBT001
    """Deletes a provider; mail that waits for it goes to the next one."""
    with _house() as (session, _installation):
        provider = providers.show(session, COMMAND_LINE, provider_id=provider_id)
        if not yes:
            raise click.ClickException(f"Repeat this with --yes to delete {provider.name}.")
        provider_deletion.delete(
            session, COMMAND_LINE, provider_id=provider_id, now=datetime.now(UTC)
        )
    click.echo(f"{provider.name} is deleted.")


@contextmanager
def _house() -> Iterator[tuple[Session, Installation]]:
    installation = prepare(read_config())
    with own_session(installation.config) as session:
        yield session, installation


COMMANDS: tuple[click.Command, ...] = (activate, deactivate, move, duplicate, delete)

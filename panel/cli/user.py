"""`postroom user`: the people who can sign in."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from panel.config import read_config
from panel.domain.permission import COMMAND_LINE, Role
from panel.services.database import own_session
from panel.services.installation import prepare
from panel.services.user_rights import allow_bodies
from panel.services.users import NewUser, add_user, check_user


@click.group()
def user() -> None:
    """Users."""


@user.command()
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--partner", default="", help="Slug of the partner that a partner admin belongs to.")
@click.option("--name", default="", help="The person's name.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, one line."
)
def add(email: str, role: str, partner: str, name: str, password_stdin: bool) -> None:  # noqa: FBT001
    """Creates a user and prints a one-time link by which the password is set."""
    password = _read_password() if password_stdin else None
    new = NewUser(email=email, role=Role(role), name=name, partner=partner, password=password)
    check_user(new)
    config = prepare(read_config()).config
    with own_session(config) as session:
        link = add_user(
            session, COMMAND_LINE, new=new, base_url=config.base_url, now=datetime.now(UTC)
        )
    click.echo(link or f"{email} can sign in.")


@user.command()
@click.argument("email")
@click.option("--allow/--refuse", "is_allowed", required=True, help="From now on.")
def contents(email: str, is_allowed: bool) -> None:  # noqa: FBT001
    """Lets a user read what mails say, or not any more; each look is kept in the audit."""
    config = prepare(read_config()).config
    with own_session(config) as session:
        allow_bodies(
            session, COMMAND_LINE, email=email, is_allowed=is_allowed, now=datetime.now(UTC)
        )
    click.echo(f"{email} may {'now' if is_allowed else 'not'} read contents.")


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")

"""The `postroom` command: its commands, and one clear sentence for every wrong use."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from panel.cli.application import application
from panel.cli.migrate import migrate
from panel.cli.partner import partner
from panel.cli.provider import provider
from panel.cli.restored import restored
from panel.cli.run import run
from panel.cli.send import send
from panel.cli.user import user
from panel.cli.web import web
from panel.cli.worker import worker
from panel.config import ConfigError
from panel.services.installation import CannotStart
from panel.services.refusals import Refusal

WRONG_USE = 2
INTERRUPTED = 130
COMMANDS: tuple[click.Command, ...] = (
    run,
    web,
    worker,
    migrate,
    user,
    partner,
    provider,
    application,
    send,
    restored,
)


@click.group(no_args_is_help=False, invoke_without_command=True)
@click.version_option(package_name="postroom", message="Postroom %(version)s")
@click.pass_context
def postroom(context: click.Context) -> None:
    """One panel and one sender for all the mail an organisation sends."""
    if context.invoked_subcommand is None:
        raise click.UsageError("A command is missing; `postroom --help` lists them.")


for command in COMMANDS:
    postroom.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit status: 0, 2 for a wrong use, or what the command says."""
    try:
        status = postroom.main(arguments, prog_name="postroom", standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        path = error.ctx.command_path if error.ctx else "postroom"
        return _refuse(f"What to do is missing; `{path} --help` lists it.")
    except click.ClickException as error:
        return _refuse(error.format_message())
    except (ConfigError, CannotStart, Refusal) as error:
        return _refuse(str(error) or "That is not possible.")
    return status if isinstance(status, int) else 0


def _refuse(sentence: str) -> int:
    one_line = " ".join(sentence.split())
    click.echo(f"postroom: {one_line}", file=sys.stderr)
    return WRONG_USE

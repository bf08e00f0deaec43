"""The command of the demo: makes it where it is not there yet, and runs it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click
from sqlalchemy.exc import OperationalError

from panel.cli.child import Program
from panel.cli.orphan import end_with_supervisor
from panel.cli.ports import check_port
from panel.cli.supervisor import Supervisor
from panel.cli.web import serve
from panel.config import ConfigError, read_config
from panel.log import configure_log
from panel.services.installation import CannotStart, prepare
from tools.demo.beside import listening
from tools.demo.folder import open_place, own_folder
from tools.demo.making import make
from tools.demo.people import PEOPLE
from tools.demo.place import DEFAULT_FOLDER, HOST, CannotDemo, Place, enter
from tools.demo.servers import LEFT, SERVERS
from tools.demo.trickle import trickling

WRONG_USE, INTERRUPTED = 2, 130
MAILS = 4000
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The last one comes when the terminal is closed."""


@click.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, help="Of the panel.")
@click.option("--instance", type=click.Path(path_type=Path), default=DEFAULT_FOLDER)
@click.option("--fresh", is_flag=True, help="Begin again: throw away the demo that is there.")
@click.option("--mails", type=click.IntRange(0, 100_000), default=MAILS, help="Of its past.")
@click.option("--every", type=click.FloatRange(0, 3600), default=1.5, help="Seconds; 0: no mail.")
@click.pass_context
def demo(  # noqa: PLR0917
    context: click.Context,
    port: int,
    instance: Path,
    fresh: bool,  # noqa: FBT001
    mails: int,
    every: float,
) -> int | None:
    """Postroom with two sandbox servers; nothing leaves this machine."""
    if context.invoked_subcommand is not None:
        return None
    _end_by_interrupt()
    folder = instance.absolute()
    with own_folder(folder, port=port):
        _check_panel_port(port)
        place = open_place(folder, fresh=fresh, servers=(*SERVERS, LEFT))
        return _show(place, port=port, mails=mails, every_s=every)


@demo.command()
@click.option("--port", type=int, required=True)
@click.option("--supervised", is_flag=True)
def web(port: int, supervised: bool) -> None:  # noqa: FBT001
    """The panel with the switch of the servers; started by the demo itself."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config = prepare(read_config(host=HOST, port=port)).config
    if supervised:
        end_with_supervisor()
    serve(config, host=HOST, port=port, processes=1, target="tools.demo.wsgi:app")


def main() -> int:
    """The exit status; every wrong use is one sentence."""
    try:
        status = demo.main(prog_name="make demo", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("\npostroom demo: Ended before it was ready. `make demo` starts it.", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        return _refuse(error.format_message())
    except (CannotDemo, ConfigError, CannotStart) as error:
        return _refuse(str(error))
    except (OSError, OperationalError) as error:
        cause = getattr(error, "orig", None) or error
        return _refuse(f"It could not be made: {cause}. Mend that, then start `make demo` again.")
    return status if isinstance(status, int) else 0


def _show(place: Place, *, port: int, mails: int, every_s: float) -> int:
    enter(place.settings(port=port))
    config = read_config(host=HOST, port=port)
    configure_log(config.log_level, config.log_format)
    installation = prepare(config)
    with listening(place) as hurry:
        if not place.is_complete:
            place = make(installation, place, mails=mails, tell=click.echo)
        _welcome(place, url=config.base_url)
        with trickling(place, url=config.base_url, every_s=every_s):
            return _run(Supervisor(_programs(port)), hurry)


def _end_by_interrupt() -> None:
    """Until the panel runs, a signal ends what has begun; a second one cannot disturb that."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # As nohup has it.
            signal.signal(number, interrupt)


def _run(supervisor: Supervisor, hurry: Callable[[], None]) -> int:
    """Until Ctrl-C or SIGTERM; a second one ends everything at once."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        hurry()
        supervisor.stop()

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    return supervisor.supervise()


def _programs(port: int) -> list[Program]:
    return [
        Program("web", ("web", "--port", str(port)), module="tools.demo"),
        Program("worker 1", ("worker",), has_pulse=True),
    ]


def _check_panel_port(port: int) -> None:
    try:
        check_port(HOST, port)
    except click.UsageError as error:
        advice = error.format_message().replace("--port 8001", f"make demo PORT={port + 1}")
        raise CannotDemo(advice) from None


def _welcome(place: Place, *, url: str) -> None:
    width = max(len(person.email) for person in PEOPLE)
    people = "\n".join(f"    {person.email:<{width}}  {person.about}" for person in PEOPLE)
    servers = ", ".join(f"{name} at {HOST}:{place.ports[name]}" for name in SERVERS)
    click.echo(
        f"\nPostroom demo at {url}\nNothing leaves this machine. Mail servers: {servers}.\n\n"
        f"Sign in as one of these; all have the password  {place.password}\n\n{people}\n\n"
        f"Everything lies in {place.folder}. It is kept; `make demo FRESH=1` begins again.\n"
        "Ctrl-C ends the demo.\n"
    )


def _refuse(sentence: str) -> int:
    click.echo(f"postroom demo: {' '.join(sentence.split())}", err=True)
    return WRONG_USE

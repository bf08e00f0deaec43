"""`postroom provider add` and `edit`: the fields of the form as options, the password by no option.

An argument can be read by everybody on the machine, and stays in the shell's history.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn, TextIO

import click

from panel.cli.connection_words import answer, cause
from panel.cli.provider_fields import changed, with_fields
from panel.config import read_config
from panel.domain.permission import COMMAND_LINE
from panel.domain.provider import ProviderType
from panel.services import provider_changes, providers
from panel.services.database import Session, own_session
from panel.services.installation import prepare
from panel.services.provider_catalogue import (
    driver_for,
    known,
    preset_of,
    proposal,
    type_for,
    user_name_for,
)
from panel.services.provider_changes import Saved
from panel.services.provider_document import entry_of
from panel.services.provider_lists import LastActive
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.services.provider_warnings import Caution, Warned, warnings_for
from panel.services.refusals import Invalid

FAILED = 1
USUAL_PORT = 587
CAUTIONS = {
    Caution.VERIFIED_LOST: "The provider is in use, and its new connection has to pass a test.",
    Caution.NO_PRIMARY: "There is no primary provider: mail goes to the fallbacks at once.",
}
_password = (
    click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
    click.option("--password-file", type=click.File("r"), help="Read it from a file."),
)


def _with_entry(command: Any) -> Any:
    """The options that both commands have."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
    reason = "Why it may be active though its test fails; audited."
    command = click.option("--reason", default="", help=reason)(command)
    for option in reversed(_password):
        command = option(command)
    return with_fields(command)


@click.command()
@click.option(
    "--preset",
    type=click.Choice([item.id for item in known()]),
    help="A known server: its host, port and encryption need not be given.",
)
@_with_entry
def add(*, preset: str | None, reason: str, as_json: bool, **given: Any) -> int:
    """Adds a provider; active, unless its connection test fails or --status says otherwise.

    Where a user name is given the password is asked for.
    """
    password = _read(given.pop("password_stdin"), given.pop("password_file"))
    installation = prepare(read_config())
    with own_session(installation.config) as session:
        values = changed(_beginning(session, preset, given), given)
        values = _with_password(values, password, is_missing=bool(values.connection.username))
        warned = _warnings(session, values, None)
        try:
            saved = provider_changes.create(
                session,
                COMMAND_LINE,
                values=values,
                installation=installation,
                now=datetime.now(UTC),
                override_reason=reason,
            )
        except Invalid as refusal:
            _refuse(refusal, values)
        return _said(saved, warned, as_json=as_json)


@click.command()
@click.argument("provider_id", metavar="ID", type=int)
@_with_entry
def edit(*, provider_id: int, reason: str, as_json: bool, **given: Any) -> int:
    """Changes the fields of a provider that are given, and leaves the others.

    A stored password belongs to its server and user name: it is asked for when they change.
    """
    password = _read(given.pop("password_stdin"), given.pop("password_file"))
    if not password and all(value is None for value in given.values()):
        raise click.UsageError("What to change is missing; `--help` lists the fields.")
    installation = prepare(read_config())
    with own_session(installation.config) as session:
        provider = providers.show(session, COMMAND_LINE, provider_id=provider_id)
        values, version = changed(entry_of(provider).values(), given), provider.version
        is_other = values.connection.identity != provider.identity
        needs_one = is_other and bool(values.connection.username)
        values = _with_password(values, password, is_missing=needs_one)
        warned = _warnings(session, values, provider_id)
        try:
            saved = provider_changes.change(
                session,
                COMMAND_LINE,
                provider_id=provider_id,
                values=values,
                version=version,
                installation=installation,
                now=datetime.now(UTC),
                override_reason=reason,
            )
        except (Invalid, LastActive) as refusal:
            _refuse(refusal, values)
        return _said(saved, warned, as_json=as_json)


def _beginning(session: Session, preset_id: str | None, given: Mapping[str, Any]) -> ProviderValues:
    """What the form of a new provider holds, filled from a known server."""
    service_type = providers.usual_service_type(session, COMMAND_LINE)
    values = ProviderValues(
        ConnectionValues(port=USUAL_PORT),
        name="",
        from_email="",
        service_type=service_type,
        is_active=True,
    )
    preset = preset_of(preset_id)
    if preset is None:
        return values
    kind = type_for(preset, ProviderType(given["type"] or ProviderType.SMTP))
    connection = ConnectionValues(
        driver=driver_for(preset, kind),
        host=preset.host,
        port=preset.port,
        encryption=preset.encryption,
        username=user_name_for(preset, (given["from_email"] or "").strip()),
    )
    return replace(values, connection=connection, name=preset.id, type=kind)


def _read(from_stdin: bool, file: TextIO | None) -> str:  # noqa: FBT001
    """The first line of what was named; empty when nothing was."""
    source = sys.stdin if from_stdin else file
    return source.readline().rstrip("\r\n") if source is not None else ""


def _with_password(values: ProviderValues, given: str, *, is_missing: bool) -> ProviderValues:
    """With the password that was given; one that is missing is asked for at a terminal."""
    password = given
    if is_missing and not given and sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, default="", show_default=False)
    return replace(values, connection=replace(values.connection, password=password))


def _warnings(
    session: Session, values: ProviderValues, provider_id: int | None
) -> tuple[Warned, ...]:
    warned = warnings_for(
        session, COMMAND_LINE, values=values, provider_id=provider_id, now=datetime.now(UTC)
    )
    session.rollback()
    return warned


def _refuse(refusal: Invalid | LastActive, values: ProviderValues) -> NoReturn:
    """Says what is wrong with which option."""
    if isinstance(refusal, LastActive):
        why = cause(refusal.test) if refusal.test else ""
        raise click.ClickException(f"Nothing was saved. {refusal} {why}") from None
    filled = refusal.values
    faults = [
        f"{_option(name)}: {message % filled if filled else message}"
        for name, message in refusal.errors.items()
    ]
    preset = proposal(values.from_email)
    if "host" in refusal.errors and preset and not values.connection.host:
        faults.append(f"The address looks like {preset.label}; try --preset {preset.id}.")
    raise click.ClickException(" ".join(faults)) from None


def _option(field: str) -> str:
    return "Password" if field == "password" else f"--{field.replace('_', '-')}"


def _said(saved: Saved, warned: tuple[Warned, ...], *, as_json: bool) -> int:
    """Prints what was saved; 1 when its connection test failed."""
    failed = saved.test is not None and not saved.test.ok
    provider, notes = saved.provider, [_caution(item) for item in warned]
    if as_json:
        told = {"id": provider.id, "name": provider.name, "active": provider.is_active}
        test = answer(saved.test) if saved.test else None
        click.echo(json.dumps(told | {"warnings": notes, "test": test}, indent=2))
        return FAILED if failed else 0
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    state = "active" if provider.is_active else "inactive"
    click.echo(f"{provider.name} has the ID {provider.id} and is {state}.")
    if failed and saved.test is not None:
        click.echo(f"Its connection test failed. {cause(saved.test)}")
    return FAILED if failed else 0


def _caution(warned: Warned) -> str:
    if warned.caution in CAUTIONS:
        return CAUTIONS[warned.caution]
    return (
        f"Mail from {', '.join(warned.domains)} would lose its From here: this fallback may send "
        f"for {', '.join(warned.own)} only. Add --domains that the vendor has verified."
    )

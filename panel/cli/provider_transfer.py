"""`postroom provider export` and `import`: settings without secrets, out and in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import BinaryIO

import click

from panel.config import read_config
from panel.domain.permission import COMMAND_LINE
from panel.services import provider_exports, provider_imports
from panel.services.database import own_session
from panel.services.installation import prepare
from panel.services.provider_document_reader import LARGEST, Fault
from panel.services.provider_import_plan import NOTES, Fate, Line, Plan

REFUSED = 2


@click.command("export")
@click.argument("file", type=click.File("wb", lazy=True), default="-", metavar="[FILE]")
def export(file: BinaryIO) -> None:
    """Writes the house's providers as JSON, without secrets; to standard output without a FILE."""
    installation = prepare(read_config())
    with own_session(installation.config) as session:
        text = provider_exports.export(session, COMMAND_LINE, now=datetime.now(UTC))
    try:
        file.write(text.encode())
        file.flush()
    except OSError as error:
        raise click.ClickException(f"The file cannot be written ({error.strerror}).") from None


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--yes", is_flag=True, help="Import; without it you only see what would change.")
@click.option("--remove-missing", is_flag=True, help="Delete providers that are not in the file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_file(*, file: BinaryIO, yes: bool, remove_missing: bool, as_json: bool) -> int:
    """Shows what importing FILE (- for standard input) would change; does it with --yes."""
    raw = file.read(LARGEST + 1)
    installation = prepare(read_config())
    with own_session(installation.config) as session:
        plan = provider_imports.preview(
            session, COMMAND_LINE, raw=raw, removes_missing=remove_missing
        )
        session.rollback()
        is_done = yes and not plan.faults
        if is_done:
            provider_imports.apply(
                session,
                COMMAND_LINE,
                raw=raw,
                removes_missing=remove_missing,
                fingerprint=plan.fingerprint,
                installation=installation,
                now=datetime.now(UTC),
            )
    if as_json:
        click.echo(json.dumps(_answer(plan, is_done=is_done), indent=2))
        return REFUSED if plan.faults else 0
    _refuse_faults(plan)
    _print(plan, is_done=is_done)
    return 0


def _refuse_faults(plan: Plan) -> None:
    if len(plan.faults) == 1:
        raise click.ClickException(f"Nothing was imported. {_fault(plan.faults[0])}")
    for fault in plan.faults:
        click.echo(_fault(fault))
    if plan.faults:
        raise click.ClickException(f"Nothing was imported: {len(plan.faults)} faults.")


def _print(plan: Plan, *, is_done: bool) -> None:
    for position, line in enumerate(plan.lines, start=1):
        place = "-" if line.fate is Fate.REMOVED else str(position)
        click.echo(f"{place:>3}  {line.fate.value:<10}{line.name}")
        for change in line.differences:
            click.echo(f"{'':15}{change.field}: {_value(change.before)} -> {_value(change.after)}")
        if line.note:
            click.echo(f"{'':15}{NOTES[line.note]}")
    if is_done:
        click.echo("Imported.")
    elif plan.is_empty:
        click.echo("Nothing would change.")
    else:
        click.echo("Nothing was changed yet; repeat this with --yes to import.")


def _fault(fault: Fault) -> str:
    message = fault.message % fault.values if fault.values else fault.message
    if not fault.position:
        return message
    name = f" ({fault.name})" if fault.name else ""
    field = f", {fault.field}" if fault.field else ""
    return f"Provider {fault.position}{name}{field}: {message}"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _answer(plan: Plan, *, is_done: bool) -> dict[str, object]:
    return {
        "imported": is_done,
        "changes_anything": not plan.faults and not plan.is_empty,
        "order_changes": plan.is_reordered,
        "providers": [_line(line) for line in plan.lines],
        "errors": [
            {
                "provider": fault.position or None,
                "name": fault.name,
                "field": fault.field,
                "message": fault.message % fault.values if fault.values else fault.message,
            }
            for fault in plan.faults
        ],
    }


def _line(line: Line) -> dict[str, object]:
    return {
        "name": line.name,
        "what": line.fate.value,
        "note": line.note.value if line.note else None,
        "changes": [
            {"field": change.field, "before": change.before, "after": change.after}
            for change in line.differences
        ],
    }

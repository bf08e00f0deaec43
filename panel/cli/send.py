"""`postroom send`: one mail from the command line, straight into the queue."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import BinaryIO

import click

from panel.config import read_config
from panel.domain.delivery import Stream
from panel.domain.permission import COMMAND_LINE
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import InvalidSubmission, Submission
from panel.services.installation import prepare
from panel.services.submissions import check_submission, own_desk, submit_message


@click.command()
@click.option("--stream", type=click.Choice([item.value for item in Stream]), required=True)
@click.option("--to", multiple=True, required=True, help="An address; repeat it for more.")
@click.option("--from", "sender", help="An address. Without it: the provider's own.")
@click.option("--subject", required=True)
@click.option("--text", help="The text, or - to read it from standard input.")
@click.option("--html", type=click.File("rb"), help="A file with HTML in UTF-8.")
def send(
    *,
    stream: str,
    to: tuple[str, ...],
    sender: str | None,
    subject: str,
    text: str | None,
    html: BinaryIO | None,
) -> None:
    """Submits one mail; a worker sends it."""
    submission = Submission(
        stream=Stream(stream),
        to=tuple(map(Mailbox, to)),
        sender=Mailbox(sender) if sender is not None else None,
        subject=subject,
        text=_read(sys.stdin.buffer, "--text") if text == "-" else text,
        html=_read(html, "--html") if html is not None else None,
        source="cli",
    )
    try:
        identifier = _submit(submission)
    except InvalidSubmission as error:
        raise click.ClickException(_sentence(error)) from None
    click.echo(f"Accepted as {identifier}.")


def _submit(submission: Submission) -> str:
    now = datetime.now(UTC)
    check_submission(submission, now=now)
    config = prepare(read_config()).config
    with own_desk(config) as desk:
        submitted = submit_message(desk, COMMAND_LINE, submission=submission, now=now)
    return submitted.accepted.message_id


def _read(stream: BinaryIO, option: str) -> str:
    try:
        return stream.read().decode()
    except UnicodeDecodeError:
        raise click.ClickException(f"What {option} reads is not UTF-8. Convert it first.") from None


def _sentence(error: InvalidSubmission) -> str:
    """The faults with the options that they belong to."""
    faults = [(fault.field.partition(".")[0], fault.message) for fault in error.errors]
    return " ".join(f"--{option}: {message}" for option, message in faults)

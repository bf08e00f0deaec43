"""`postroom restored`: to be called after the database was restored from a backup."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from panel.config import read_config
from panel.domain.permission import COMMAND_LINE
from panel.services.database import own_session
from panel.services.installation import prepare
from panel.services.restoring import doubt_all


@click.command()
@click.option("--yes", "is_sure", is_flag=True, help="Do it.")
def restored(*, is_sure: bool) -> None:
    """Leaves all waiting mail of a restored database to people's decisions.

    What waited when the backup was made may have gone out since. Call it before any worker starts.
    """
    if not is_sure:
        raise click.UsageError(
            "All mail that waits will be marked unconfirmed, so that none goes out twice unseen. "
            "If the database was restored from a backup, call `postroom restored --yes`."
        )
    config = prepare(read_config()).config
    with own_session(config) as session:
        count = doubt_all(session, COMMAND_LINE, now=datetime.now(UTC))
    click.echo(f"{count} deliveries are unconfirmed now. Decide about them in the queue.")

"""Making a demo: everything that is there before its first mail comes in by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from panel.services.database import own_session
from panel.services.installation import Installation
from tools.demo.deeds import Deeds
from tools.demo.history import History
from tools.demo.people import make_cast
from tools.demo.place import Place
from tools.demo.plot import DAYS


def make(
    installation: Installation, place: Place, *, mails: int, tell: Callable[[str], None]
) -> Place:
    """People, providers and the past of some `mails` mails; the place with what is known then.

    The servers must be listening and no worker may run.
    """
    now = datetime.now(UTC)
    with own_session(installation.config) as session:
        tell("Making people, partners and providers …")
        began_at = now - timedelta(days=DAYS + 1)
        cast = make_cast(session, installation, place, now=began_at)
        tell(f"Writing the past of {mails:,} mails …")
        written = History(session, cast, now).write(mails)
        Deeds(session, installation, cast, now).do()
    tell(f"{written:,} mails of the last days are there.")
    made = replace(place, token=cast.token, partner_token=cast.partner_token, is_complete=True)
    made.write()
    return made

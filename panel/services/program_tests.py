"""Connection tests that programs ask for: of the values that they give, and not too often."""

from __future__ import annotations

from datetime import datetime, timedelta

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import Actor, Permission
from panel.services import connection_tests
from panel.services.access import authorise
from panel.services.connection_runs import last
from panel.services.installation import Installation
from panel.services.provider_values import ConnectionValues
from panel.services.refusals import N_, NotAllowed
from panel.services.throttles import Limit, count
from panel.storage.database import Session

TESTS_OF_APPLICATION = Limit("connection-test:application", 5, timedelta(minutes=1))


def try_connection(
    session: Session,
    actor: Actor,
    *,
    values: ConnectionValues,
    installation: Installation,
    now: datetime,
) -> ConnectionTest:
    """The finished test. No stored password is ever used for it.

    Raises Invalid for fields that cannot be used, TooMany, or NotAllowed: how a test ends tells
    about the house's network, which is nothing for the programs of partners.
    """
    authorise(actor, Permission.TEST_CONNECTIONS)
    if actor.is_partner:
        raise NotAllowed(N_("Only applications of the house may test connections."))
    try:
        count(session, TESTS_OF_APPLICATION, actor.name, now=now)
    finally:
        session.commit()
    events = connection_tests.of_draft(
        session, actor, values=values, provider_id=None, installation=installation, now=now
    )
    return last(events)

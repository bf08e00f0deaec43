"""Mail goes out while old mail is removed, and shares contents with it."""

import asyncio
import threading
from datetime import timedelta

from panel.domain.delivery import DeliveryState
from panel.sending import removal as removal_module
from panel.sending.clock import Clock
from panel.sending.removal import Removal
from tests.factories.ended import an_ended_mail, has_body, keep
from tests.factories.providers import a_provider
from tests.sending.surroundings import state
from tests.storage.queue.holding import WORKER

LONG_AGO = timedelta(days=100)


def test_all_that_is_due_is_sent_and_all_that_is_old_goes(
    session, engine, smtp_server, mail, rounds, clock, monkeypatch
):
    monkeypatch.setattr(removal_module, "REST", 0.0)
    a_provider(session, port=smtp_server.port)
    keep(session, bodies_days=10, mails_days=30)
    old = [an_ended_mail(session, clock - LONG_AGO) for _ in range(60)]
    waiting = [mail(f"kim+{number}@contoso.test") for number in range(20)]

    async def meanwhile(_desk: object) -> None:
        removal = Removal(engine, worker_id=WORKER, clock=Clock(), stopping=threading.Event())
        await asyncio.to_thread(removal.run)

    rounds(meanwhile)

    assert {state(session, one) for one in waiting} == {DeliveryState.SENT}
    assert len(smtp_server.mails) == 20
    assert {taken.content.endswith(b"Good day.\r\n") for taken in smtp_server.mails} == {True}
    assert {has_body(session, one) for one in old} == {None}

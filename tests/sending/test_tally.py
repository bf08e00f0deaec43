"""Workers count what comes of their attempts, so that no screen has to."""

import asyncio
from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.domain.smtp_outcomes import classify
from panel.sending import tally as tally_module
from panel.sending.ledger import Ledger
from panel.sending.tally import Tally
from panel.storage.models import ProviderMinute
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import all_are


def sums(session):
    """Sent, refused and failed, by provider."""
    session.rollback()
    found: dict[int, list[int]] = {}
    for row in session.query(ProviderMinute).all():
        mine = found.setdefault(row.provider_id, [0, 0, 0])
        for place, number in enumerate((row.sent, row.refused, row.failed)):
            mine[place] += number
    session.rollback()
    return found


OUTCOMES = {
    "sent": classify(Stage.FINAL, Fault.REPLY, Reply(250, ("Ok",))),
    "unknown recipient": classify(Stage.RCPT, Fault.REPLY, Reply(550, ("5.1.1 No such user",))),
    "unreachable": classify(Stage.CONNECT, Fault.CONNECT, detail="Connection refused"),
    "answer lost": classify(Stage.FINAL, Fault.LOST),
    "closed while at rest": classify(Stage.MAIL, Fault.LOST, is_reused=True),
    "lease lost": classify(Stage.FINAL, Fault.LEASE_LOST),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sent", (1, 0, 0, 250)),
        ("unknown recipient", (0, 1, 0, 0)),
        ("unreachable", (0, 0, 1, 0)),
        ("answer lost", (0, 0, 1, 0)),
        ("closed while at rest", (0, 0, 0, 0)),
        ("lease lost", (0, 0, 0, 0)),
    ],
)
def test_each_outcome_counts_for_what_it_tells_of_the_provider(name, expected, engine, session):
    provider = a_provider(session).id
    session.commit()
    at = NOON + timedelta(seconds=40)

    async def run():
        ledger = Ledger(engine)
        tally = Tally(ledger)
        began_at = at - timedelta(milliseconds=250)
        tally.note(provider, [OUTCOMES[name]], began_at=began_at, at=at)
        tally.flush()
        await ledger.run(lambda _: None)
        ledger.close()

    asyncio.run(run())

    row = session.query(ProviderMinute).one()
    assert (row.provider_id, row.minute_at) == (provider, NOON)
    assert (row.sent, row.refused, row.failed, row.sending_ms) == expected


def test_a_worker_writes_its_count_while_it_works(
    engine, session, vault, make_smtp_server, accept, monkeypatch
):
    monkeypatch.setattr(tally_module, "FLUSH_S", 0.05)
    broken, sound = make_smtp_server(), make_smtp_server()
    broken.answers("mail", "421 4.3.2 Closing")
    first = a_provider(session, port=broken.port).id
    second = a_provider(session, port=sound.port).id
    session.commit()

    with a_worker(engine, vault):
        ids = accept("kim@contoso.test", "lena@contoso.test")
        until(lambda: all_are(session, ids, DeliveryState.SENT))
        until(lambda: sums(session).get(second) == [2, 0, 0])

    assert sums(session)[first][:2] == [0, 0]
    assert sums(session)[first][2] > 0


def test_a_worker_that_ends_writes_what_it_has_counted(
    engine, session, vault, smtp_server, accept, monkeypatch
):
    monkeypatch.setattr(tally_module, "FLUSH_S", 3600.0)
    provider = a_provider(session, port=smtp_server.port).id
    session.commit()

    with a_worker(engine, vault):
        ids = accept()
        until(lambda: all_are(session, ids, DeliveryState.SENT))

    assert sums(session) == {provider: [1, 0, 0]}

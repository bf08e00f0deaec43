"""Many workers claim from large tables: nobody takes twice, waits, or reads what is not due."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.storage.models import Delivery
from panel.storage.queue.claims import Share, claim, claimed
from panel.storage.queue.due import due
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.kit.plans import full_scans, plan_of, sorts
from tests.storage.queue.holding import TOKEN, WORKER, at_once, ids, take


def test_two_workers_never_take_the_same_delivery(session, engine):
    a_heap(session, 400)

    def work(name):
        def claim_all(other):
            taken, turn = [], 0
            while found := ids(take(other, worker_id=name, token=f"{name}-{turn}", limit=7)):
                taken += found
                turn += 1
            return taken

        return claim_all

    taken = at_once(engine, *(work(f"worker-{number}") for number in range(4)))

    everything = [identifier for part in taken for identifier in part]
    assert len(everything) == len(set(everything)) == 400


def a_heap(session, count):
    """Many due deliveries of one message, in all lanes."""
    message = a_message(session)
    shared = {
        "message_id": message.id,
        "stream": Stream.SYSTEM,
        "state": DeliveryState.QUEUED,
        "created_at": NOON,
        "next_attempt_at": NOON,
        "expires_at": NOON + timedelta(days=5),
        "route": [],
    }
    rows = [
        shared | {"flow": number % 4, "recipient": f"{number}@contoso.test"}
        for number in range(count)
    ]
    session.execute(insert(Delivery), rows)
    session.commit()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_nobody_waits_for_rows_that_another_is_claiming(session, engine):
    first, second = a_delivery(session).id, a_delivery(session).id
    session.commit()
    shares = [Share(flow_id(Stream.SYSTEM, None), 1)]
    claim(session, worker_id=WORKER, token=TOKEN, shares=shares, now=NOON)
    held = claimed(session, worker_id=WORKER, token=TOKEN)

    (taken,) = at_once(engine, lambda other: ids(take(other, worker_id="quick", token="q")))

    assert (ids(held), taken) == ([first], [second])
    session.rollback()


@pytest.mark.parametrize("shares", [1, 4, 50])
def test_a_claim_reads_what_is_due_in_order_by_the_partial_index(session, shares):
    a_crowd(session, 500)
    given = [Share(number, 10) for number in range(shares)]

    plan = plan_of(session, lambda: due(session, given, now=NOON))

    assert "ix_deliveries_due" in plan
    assert "ix_deliveries_message_id" not in plan, plan
    assert "Bitmap" not in plan, plan
    assert full_scans(plan) == []
    assert all("place" in line or "Incremental" in line for line in sorts(plan)), plan

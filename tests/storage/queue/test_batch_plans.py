"""The writes of a batch look up the rows that they change, in tables of any size."""

from typing import Any

import pytest

from panel.domain.decision import Decision
from panel.domain.delivery import DeliveryState, Phase
from panel.storage.queue.batch import Batch, write_marks
from panel.storage.queue.marks import Ended, Returned, Settled
from panel.storage.queue.sqlite_turn import Effects, SqliteTurn
from panel.storage.queue.turn import PostgresTurn
from tests.domain.outcomes import ACCEPTED
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.kit.plans import full_scans, is_sqlite
from tests.storage.queue.holding import TOKEN, reached, take

SENT = Decision(DeliveryState.SENT, "accepted", "250 Ok")


class Planner:
    """A driver's connection that tells how it would run a statement instead of running it."""

    def __init__(self, driver: Any, explain: str) -> None:
        self.lines: list[str] = []
        self._driver = driver
        self._explain = explain

    def execute(self, text: str, parameters: Any = ()) -> Any:
        if text.startswith("CREATE"):
            return self._driver.execute(text)
        rows = self._driver.execute(f"{self._explain} {text}", parameters).fetchall()
        self.lines.extend(str(row[-1]) for row in rows)
        return self._driver.execute("SELECT 1 WHERE false")


def many_known(session) -> None:
    """Of which the database has statistics."""
    a_crowd(session, 2000)


def many_claimed(session) -> None:
    """Of which it knows nothing yet, all under one token."""
    message = a_message(session)
    for _ in range(300):
        a_delivery(session, message)
    session.commit()
    take(session, limit=300)


@pytest.mark.parametrize("fill", [many_known, many_claimed])
def test_each_row_is_looked_up_by_its_id(session, fill):
    fill(session)
    explain = "EXPLAIN QUERY PLAN" if is_sqlite(session) else "EXPLAIN"
    planner = Planner(session.connection().connection.driver_connection, explain)
    turn = SqliteTurn(Effects(planner)) if is_sqlite(session) else PostgresTurn(planner)
    marks = range(1, 21)
    returned = [Returned(mark, TOKEN, 1) for mark in marks]

    settled = [Settled(mark, TOKEN, SENT, 1, 5, NOON, None, [], NOON) for mark in marks]
    ended = [Ended(mark, TOKEN, 1, ACCEPTED, NOON, NOON, NOON) for mark in marks]
    for phase in (Phase.CONNECTED, Phase.HANDING_OVER):
        write_marks(turn, Batch(reached=[reached(mark, phase) for mark in marks]))
    write_marks(turn, Batch(ended=ended))
    write_marks(turn, Batch(settled=settled))
    write_marks(turn, Batch(ended=ended, settled=settled, returned=returned))
    if isinstance(turn, SqliteTurn):
        turn.write()

    plan = "\n".join(planner.lines)
    assert full_scans(plan) == [], plan
    assert "ix_deliveries" not in plan, plan
    assert "AUTOMATIC" not in plan, plan
    assert "Hash" not in plan.replace("HashAggregate", ""), plan

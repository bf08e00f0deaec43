"""The record of changes can only grow."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from panel.domain.permission import COMMAND_LINE
from panel.services.audit import record
from panel.storage.models import AuditEvent
from tests.factories.moments import NOON


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET actor = 'eve'", "DELETE FROM audit_events"]
)
def test_rows_can_be_neither_changed_nor_removed(session, statement):
    record(session, COMMAND_LINE, action="a.b", subject="c:1", after={"x": 1}, now=NOON)
    session.commit()

    with pytest.raises(DBAPIError, match="audit events can only be added"):
        session.execute(text(statement))

    session.rollback()
    session.expire_all()
    row = session.get(AuditEvent, 1)
    assert (row.actor, row.at, row.after) == ("command line", NOON, {"x": 1})


def test_row_of_a_change_that_failed_is_not_kept(session):
    record(session, COMMAND_LINE, action="a.b", subject="c:1", now=NOON)

    session.rollback()

    assert session.query(AuditEvent).count() == 0


def test_row_cannot_be_replaced_by_a_new_one_of_its_id(engine, session):
    record(session, COMMAND_LINE, action="a.b", subject="c:1", after={"x": 1}, now=NOON)
    session.commit()
    columns = "(id, at, actor, address, action, subject, before, after)"
    values = "VALUES (1, 0, 'eve', '', 'a.b', 'c:1', '{}', '{}')"
    replacing = {
        "sqlite": f"INSERT OR REPLACE INTO audit_events {columns} {values}",
        "postgresql": f"INSERT INTO audit_events {columns} {values} "
        "ON CONFLICT (id) DO UPDATE SET actor = 'eve'",
    }

    with pytest.raises(DBAPIError, match="audit events can only be added"):
        session.execute(text(replacing[engine.dialect.name]))

    session.rollback()
    assert session.get(AuditEvent, 1).actor == "command line"


def test_replica_cannot_get_around_the_trigger(engine, session):
    record(session, COMMAND_LINE, action="a.b", subject="c:1", now=NOON)
    session.commit()
    if engine.dialect.name == "postgresql":
        session.execute(text("SET session_replication_role = replica"))

    with pytest.raises(DBAPIError, match="audit events can only be added"):
        session.execute(text("DELETE FROM audit_events"))

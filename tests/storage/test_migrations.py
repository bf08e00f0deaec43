"""What each migration makes of rows that are there already."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from panel.storage.database import make_engine
from panel.storage.schema import MIGRATIONS
from tests.kit.postgres import create_database, drop_database

DELIVERY = """
INSERT INTO deliveries (id, message_id, partner_id, stream, lane, recipient, state, attempts,
    retries, created_at, expires_at, rule, said, rescues, copies, route)
VALUES ({id}, 'm', {partner_id}, 'crm', 2, 'kim@contoso.test', 'queued', 0,
    0, 0, 0, '', '', 0, 0, '[]')
"""
MESSAGE = """
INSERT INTO messages (id, source, stream, rfc_message_id, subject, from_email, header, size,
    details, created_at)
VALUES ('m', 'api', 'crm', '<m@house.test>', '', '', '', 1, '{}', 0)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on an empty database of either kind."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.db'}" if is_sqlite else create_database()
    engine = make_engine(url)
    yield engine
    engine.dispose()
    if not is_sqlite:
        drop_database(url)


def config(connection: Connection) -> Config:
    """What Alembic's commands need."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def column(engine: Engine, name: str) -> list[int]:
    """The values of a column of the deliveries, by id."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT {name} FROM deliveries ORDER BY id")
        return [row[0] for row in rows]


def test_deliveries_get_the_flow_of_their_stream_and_partner_and_lose_it_again(empty_engine):
    with empty_engine.begin() as connection:
        command.upgrade(config(connection), "0001")
        connection.exec_driver_sql(MESSAGE)
        connection.exec_driver_sql(DELIVERY.format(id=1, partner_id="NULL"))
        connection.exec_driver_sql(DELIVERY.format(id=2, partner_id=70_000))

    with empty_engine.begin() as connection:
        command.upgrade(config(connection), "head")
    assert column(empty_engine, "flow") == [2, 70_000 * 8 + 2]

    with empty_engine.begin() as connection:
        command.downgrade(config(connection), "0001")
    assert column(empty_engine, "lane") == [2, 2]


PROVIDER = """
INSERT INTO providers (id, position, type, driver, name, host, port, username, encryption,
    verify_certificate, from_email, from_name, domains, account_types, service_type, is_active,
    settings, secret_key_id, secret_changed_by, verified_identity, verified_by, version,
    created_at, updated_at)
VALUES (7, 0, 'smtp', 'smtp', 'ses', '', 0, '', 'none', true, '', '', '[]', '[]', 'primary', true,
    '{}', '', '', '', '', 1, 0, 0)
"""
MINUTE = "INSERT INTO provider_minutes VALUES (7, {minute} * 60000000, {sent}, 1, 0, 9)"


def test_sums_by_the_minute_become_sums_by_the_quarter_of_an_hour(empty_engine):
    with empty_engine.begin() as connection:
        command.upgrade(config(connection), "0015")
        connection.exec_driver_sql(PROVIDER)
        for minute, sent in ((15, 1), (29, 2), (30, 4)):
            connection.exec_driver_sql(MINUTE.format(minute=minute, sent=sent))

    with empty_engine.begin() as connection:
        command.upgrade(config(connection), "head")
        quarters = connection.exec_driver_sql(
            "SELECT quarter_at / 60000000, provider_id, sent, refused, failed, sending_ms "
            "FROM provider_quarters ORDER BY 1"
        )
        assert [tuple(row) for row in quarters] == [(15, 7, 3, 2, 0, 18), (30, 7, 4, 1, 0, 9)]

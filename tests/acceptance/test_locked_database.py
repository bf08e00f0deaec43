"""Another process keeps the database locked for a while; everything waits, then goes on."""

import sqlite3
import threading
from contextlib import closing, contextmanager

import psycopg
from sqlalchemy import make_url

from tests.acceptance.intake import a_token
from tests.acceptance.load import Load

LOCKED_S = 7.0
"""More than the time between two signs of life of a worker."""


def test_a_locked_database_delays_mail_and_loses_none(scene):
    scene.provider("house")
    program = scene.installation.everything()
    with Load(scene.installation.port, [a_token(scene.engine)], scene.intake):
        scene.wait_for_taken(50)
        with locked(scene.engine.url):
            accepted = len(scene.intake.accepted)
            threading.Event().wait(LOCKED_S)
            assert len(scene.intake.accepted) <= accepted + 4 * 10  # answers that were on their way
        scene.wait_for_taken(scene.taken + 50)
    scene.wait_for_quiet()

    assert scene.reckon().unanswered == 0
    assert set(scene.intake.statuses) <= {"202", "503"}, scene.intake.statuses
    assert not [line for line in program.lines if "process_ended" in line], program.output


@contextmanager
def locked(url):
    """Nobody else can write while this lasts."""
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database, isolation_level=None, timeout=30)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
        return
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as connection:
        connection.execute("LOCK TABLE deliveries, messages IN ACCESS EXCLUSIVE MODE")
        yield

"""With the database in trouble callers are told to come back; no 202 is ever said in vain."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text

from panel.api.handover import DESK
from panel.services.submission_desk import Desk
from panel.storage.database import db
from panel.storage.models import Delivery, Message
from tests.api.conftest import MAIL, MESSAGES, Api, problem_of

HOLDS_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hasty(app) -> None:
    """The app with a desk that waits no longer than a test wants to."""
    with app.app_context():
        app.extensions[DESK] = Desk(db.engine, patience_s=0.2)


@contextmanager
def locked_by_another_process(engine: Engine) -> Iterator[None]:
    """SQLite's write lock, in the hands of a process that does nothing."""
    command = [sys.executable, "-c", HOLDS_THE_LOCK, engine.url.database or ""]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield
        process.stdin.close()


def stored(session) -> set[str]:
    """The ids of all messages."""
    ids = set(session.scalars(select(Message.id)))
    session.rollback()
    return ids


def assert_come_back(answer) -> None:
    """503 that says when."""
    problem_of(answer, status=503)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("hasty")
def test_locked_database_takes_no_mail_and_says_so(api, engine, session):
    first = api.post()
    with locked_by_another_process(engine):
        assert_come_back(api.post())
        assert_come_back(api.post_batch([MAIL, MAIL]))

    assert first.status_code == 202
    assert stored(session) == {first.json["id"]}
    assert api.post().status_code == 202


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("hasty")
def test_first_call_of_an_application_waits_no_longer_for_a_locked_database(api, engine, session):
    with ThreadPoolExecutor(1) as pool, locked_by_another_process(engine):
        unknown = api.get("0" * 26)
        answer = pool.submit(api.post).result(15)

    problem_of(unknown, status=404)
    assert_come_back(answer)
    assert stored(session) == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_short_lock_is_waited_for(api, engine, session):
    assert api.post().status_code == 202
    with ThreadPoolExecutor(1) as pool:
        with locked_by_another_process(engine):
            later = pool.submit(api.post)
            with pytest.raises(TimeoutError):
                later.result(0.3)

        assert later.result().status_code == 202
    assert len(stored(session)) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_full_disk_takes_no_mail_and_says_so(app, api, session):
    limits: list[int] = []

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] + 2
        limits.append(connection.execute(f"PRAGMA max_page_count={pages}").fetchone()[0])

    assert api.post().status_code == 202
    with app.app_context():
        engine = db.engine
    event.listen(engine, "connect", limit)
    engine.dispose()

    answers = [api.post(text=f"{n} " + "x" * 20_000, key=f"k{n}") for n in range(3)]
    for answer in answers:
        assert_come_back(answer)
    assert limits
    assert len(stored(session)) == 1

    event.remove(engine, "connect", limit)
    engine.dispose()
    assert api.post(text="0 " + "x" * 20_000, key="k0").status_code == 202
    assert len(stored(session)) == 2


@pytest.mark.usefixtures("hasty")
def test_nothing_is_lost_or_doubled_while_the_database_comes_and_goes(app, api, engine, session):
    is_over = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        callers = [pool.submit(hand_in_stubbornly, app, api, n, is_over) for n in range(8)]
        for _round in range(5):
            disturb(engine)
        is_over.set()
        answers = [answer for caller in callers for answer in caller.result()]

    accepted = {key: answer.json["id"] for key, answer in answers if answer.status_code == 202}
    refused = [answer for _key, answer in answers if answer.status_code != 202]
    for answer in refused:
        assert_come_back(answer)
    assert refused or engine.dialect.name == "postgresql"
    assert accepted.keys() == {key for key, _answer in answers}
    assert stored(session) == set(accepted.values())
    assert session.scalar(select(func.count()).select_from(Delivery)) == len(accepted)


def hand_in_stubbornly(app, api: Api, number: int, is_over: threading.Event) -> list:
    """Mails with a key each, every one repeated until it is taken; all answers by their keys."""
    own = Api(app.test_client(), api.application)
    answers: list[Any] = []
    while not is_over.is_set():
        key, is_taken = f"{number} {len(answers)}", False
        while not is_taken:
            answers.append((key, own.post(key=key, subject=key)))
            is_taken = answers[-1][1].status_code == 202
    return answers


def disturb(engine: Engine) -> None:
    """Locks SQLite for longer than anybody waits; ends all connections to PostgreSQL."""
    pause = threading.Event()
    if engine.dialect.name == "sqlite":
        with locked_by_another_process(engine):
            pause.wait(0.4)
    else:
        with engine.connect() as connection:
            connection.execute(END_ALL)
    pause.wait(0.2)


END_ALL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_revoked_application_is_refused_at_once_though_its_token_was_just_right(app, api, session):
    assert api.post().status_code == 202
    revoke = text("UPDATE applications SET revoked_at = 1 WHERE id = :id")
    session.execute(revoke, {"id": api.application.id})
    session.commit()

    problem_of(api.post(), status=403)
    problem_of(api.post(), status=401)
    problem_of(api.client.get(f"{MESSAGES}/{'0' * 26}", headers=api.headers), status=401)
    assert len(stored(session)) == 1

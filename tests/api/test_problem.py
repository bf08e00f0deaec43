"""Whatever goes wrong, the answer is problem+json and says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql
from sqlalchemy import URL

from panel.api.request_body import MAX_BODY
from panel.storage.database import db
from tests.api.conftest import MAIL, MESSAGES, problem_of
from tests.kit.postgres import connect, server_folder

NO_JSON = (
    b"",
    b"{",
    b"\xff",
    b'{"a":' * 5000,
    b'{"subject":"\\ud800"}',
    b"{'a': 1}",
    b"{} {}",
)


def test_what_is_no_json_is_refused(api):
    for body in NO_JSON:
        problem_of(api.post(body), status=400)


def test_other_types_than_json_are_refused(api):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = api.client.post(MESSAGES, data=b"{}", content_type=kind, headers=api.headers)
        problem_of(answer, status=415)


def test_compressed_body_is_refused(api):
    headers = api.headers | {"Content-Encoding": "gzip"}
    answer = api.client.post(MESSAGES, json=MAIL, headers=headers)

    assert "compressed" in problem_of(answer, status=415)["detail"]


def test_too_large_a_body_is_refused(api):
    problem_of(api.post(b" " * (MAX_BODY + 1)), status=413)


def test_unknown_address_is_not_there(api):
    for path in ("/api/v1/nothing", "/api/v2/messages", "/api/", "/api/v1"):
        problem_of(api.client.get(path, headers=api.headers), status=404)


def test_wrong_method_names_the_right_ones(api):
    answer = api.client.get(MESSAGES, headers=api.headers)

    problem_of(answer, status=405)
    assert "POST" in answer.headers["Allow"]


def test_database_that_is_away_is_a_matter_of_time(app, api, session, engine):
    assert api.post().status_code == 202
    session.close()
    engine.dispose()
    with app.app_context():
        db.engine.dispose()

    with out_of_reach(engine.url):
        answer = api.post()

    problem_of(answer, status=503)
    assert int(answer.headers["Retry-After"]) > 0
    assert api.post().status_code == 202


@contextmanager
def out_of_reach(url: URL) -> Iterator[None]:
    """Lets nobody open the database."""
    name = url.database or ""
    if url.get_backend_name() == "sqlite":
        path, away = Path(name), Path(f"{name}.away")
        path.rename(away)
        path.mkdir()
        yield
        path.rmdir()
        away.rename(path)
        return
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with connect(server_folder()) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        yield
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))

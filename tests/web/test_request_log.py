"""One line for each request: enough to follow what happened, nothing that opens a door."""

import json
from dataclasses import replace

import pytest

from panel.app import create_app
from panel.log import configure_log
from panel.storage.database import db

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def browse(config, capsys):
    """Opens a path; the lines that were logged."""
    app = create_app(replace(config, log_level="info", log_format="json"))

    def browse(path: str) -> list[dict[str, object]]:
        configure_log("info", "json")
        app.test_client().get(path).close()
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield browse
    with app.app_context():
        db.engine.dispose()


def test_request_is_one_line_without_its_query(browse):
    (line,) = browse("/account?secret=hunter2")

    assert (line["method"], line["path"], line["status"]) == ("GET", "/account", 303)
    assert line["ms"] >= 0
    assert "hunter2" not in str(line)


def test_one_time_token_is_not_logged(browse):
    (line,) = browse("/set-up/a-token-that-opens")

    assert line["path"] == "/set-up/…"


def test_files_are_not_logged(browse):
    assert browse("/static/icons.svg") == []

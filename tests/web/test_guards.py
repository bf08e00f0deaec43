"""What every change must bring along, and what every answer carries."""

import pytest

from panel.web.headers import ALWAYS
from tests.web.pages import csrf_token, is_signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Nothing here depends on the kind of database."""


@pytest.fixture
def guarded(app, sign_in):
    """A signed-in browser at a panel that asks for the CSRF token, as in real life."""
    browser = sign_in()
    app.config["WTF_CSRF_ENABLED"] = True
    return browser


def test_change_without_a_token_is_refused_with_a_clear_page(guarded):
    answer = guarded.post("/sign-out")

    assert answer.status_code == 400
    assert "Load it again and repeat the step." in answer.text
    assert is_signed_in(guarded)


def test_change_with_another_browsers_token_is_refused(guarded, app):
    foreign = csrf_token(app.test_client().get("/sign-in"))

    assert guarded.post("/sign-out", data={"csrf_token": foreign}).status_code == 400
    assert is_signed_in(guarded)


def test_change_with_the_pages_token_is_done(guarded):
    token = csrf_token(guarded.get("/account"))

    assert guarded.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert not is_signed_in(guarded)


def test_token_may_come_in_a_header(guarded):
    token = csrf_token(guarded.get("/account"))

    assert guarded.post("/sign-out", headers={"X-CSRFToken": token}).status_code == 303


def test_signing_in_needs_a_token_too(app):
    app.config["WTF_CSRF_ENABLED"] = True

    answer = app.test_client().post("/sign-in", data={"email": "a@b.test", "password": "x"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.test"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost.elsewhere.test"},
        {"Origin": "http://localhost:no"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.test"},
    ],
)
def test_change_from_another_site_is_refused_even_with_the_token(guarded, headers):
    token = csrf_token(guarded.get("/account"))

    answer = guarded.post("/sign-out", data={"csrf_token": token}, headers=headers)

    assert answer.status_code == 403
    assert "came from another site" in answer.text
    assert is_signed_in(guarded)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:80"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_change_from_an_own_page_is_done(guarded, headers):
    token = csrf_token(guarded.get("/account"))

    answer = guarded.post("/sign-out", data={"csrf_token": token}, headers=headers)

    assert answer.status_code == 303


def test_looking_is_not_asked_where_it_comes_from(client):
    assert client.get("/sign-in", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/sign-in", "/account", "/nothing-here", "/static/icons.svg", "/api/nothing-here"]
)
def test_every_answer_carries_the_headers(sign_in, path):
    answer = sign_in().get(path)

    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    answer.close()


def test_policy_lets_nothing_in_from_elsewhere(client):
    policy = client.get("/sign-in").headers["Content-Security-Policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))

    assert parts["default-src"] == "'none'"
    assert parts["frame-ancestors"] == "'none'"
    assert parts["script-src"] == parts["style-src"] == parts["form-action"] == "'self'"
    assert "unsafe" not in policy


def test_signed_in_pages_are_not_kept(sign_in):
    assert sign_in().get("/account").headers["Cache-Control"] == "no-store"

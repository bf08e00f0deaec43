"""Only a token of an application opens the API, and it never shows up anywhere."""

import logging

from panel.storage.models import Application
from tests.api.conftest import MAIL, MESSAGES, problem_of
from tests.factories.moments import NOON


def test_without_a_token_nothing_opens(client):
    wrong = ("", "Bearer", "Bearer ", "Basic eDp5", "Bearer pr_aaaaaaaa_x", "Bearer a b")
    for headers in ({}, *({"Authorization": value} for value in wrong)):
        for path in (MESSAGES, f"{MESSAGES}/{'0' * 26}/cancellations"):
            answer = client.post(path, json=MAIL, headers=headers)
            problem_of(answer, status=401)
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Postroom"')


def test_token_of_a_revoked_application_opens_nothing(api, session):
    session.get_one(Application, api.application.id).revoked_at = NOON
    session.commit()

    answer = api.post()

    problem_of(answer, status=401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_signed_in_person_is_no_application(sign_in):
    problem_of(sign_in().post(MESSAGES, json=MAIL), status=401)


def test_token_opens_no_page_of_the_panel(api):
    answer = api.client.get("/account", headers=api.headers)

    assert answer.status_code == 303


def test_cookies_count_for_pages_only(api):
    """Neither read nor set: what a browser would send along must not matter to a program."""
    api.client.get("/sign-in")
    assert api.client.get_cookie("postroom_page") is not None

    for answer in (api.post(), api.client.get(MESSAGES + "/none", headers=api.headers)):
        assert not answer.headers.getlist("Set-Cookie")
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_use_is_noted(api, session):
    api.post()

    assert session.get_one(Application, api.application.id).used_at is not None


def test_scheme_may_be_written_in_any_case(api):
    token = api.application.credentials.token

    answer = api.client.post(MESSAGES, json=MAIL, headers={"Authorization": f"bearer {token}"})

    assert answer.status_code == 202


def test_token_is_in_no_log_line(api, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    api.post()
    api.post(subject=None)

    output = capfd.readouterr()
    assert api.application.credentials.token not in output.out + output.err + caplog.text
    assert api.application.credentials.token not in repr(api.application)


def test_document_is_open_to_everybody(client):
    assert client.get("/api/v1/openapi.json").status_code == 200

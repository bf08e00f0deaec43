"""One-time links in the browser: the first operator, and people who were added."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from panel.domain.permission import COMMAND_LINE, Role
from panel.services.set_up import first_run_link
from panel.services.users import NewUser, add_user, disable_user
from tests.factories.people import PASSWORD, a_user
from tests.web.pages import is_signed_in

FIRST = {
    "email": "anna@house.test",
    "name": "Anna",
    "password": PASSWORD,
    "password_again": PASSWORD,
}
CHOSEN = {"password": PASSWORD, "password_again": PASSWORD}


@pytest.fixture
def first_link(session) -> str:
    """The path that a new installation prints."""
    link = first_run_link(session, base_url="", now=datetime.now(UTC))
    assert link
    return link


@pytest.fixture
def invited(session):
    """The path by which a new support agent sets a password."""
    a_user(session)
    new = NewUser(email="sam@house.test", role=Role.SUPPORT, name="Sam")
    return add_user(session, COMMAND_LINE, new=new, base_url="", now=datetime.now(UTC))


def test_first_link_creates_an_operator_and_signs_in(client, first_link):
    assert "You are the first operator." in client.get(first_link).text

    answer = client.post(first_link, data=FIRST)

    assert (answer.status_code, answer.location) == (303, "/")
    page = client.get("/account").text
    assert "anna@house.test" in page
    assert "Operator" in page


def test_first_link_works_once(client, app, first_link):
    client.post(first_link, data=FIRST)
    other = app.test_client()

    again = other.post(first_link, data=FIRST | {"email": "eve@elsewhere.test"})

    assert again.status_code == 404
    assert "This link no longer works" in again.text
    assert "Ask an operator for a new one." in again.text
    assert not is_signed_in(other)


def test_looking_at_the_link_does_not_use_it_up(client, first_link):
    client.get(first_link)
    client.get(first_link)

    assert client.post(first_link, data=FIRST).status_code == 303


def test_newer_first_link_makes_the_older_one_void(client, session, first_link):
    newer = first_run_link(session, base_url="", now=datetime.now(UTC))

    assert client.get(first_link).status_code == 404
    assert "Restart Postroom" in client.get(first_link).text
    assert client.get(newer).status_code == 200


def test_no_first_link_once_there_is_a_user(session):
    a_user(session)
    session.commit()

    assert first_run_link(session, base_url="", now=datetime.now(UTC)) is None


def test_first_link_is_void_when_a_user_was_added_otherwise(client, session, first_link):
    a_user(session)
    session.commit()

    assert client.post(first_link, data=FIRST).status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"email": "anna"}, "email", "This is not an e-mail address."),
        ({"email": ""}, "email", "Fill in this field."),
        ({"password": "short"}, "password", "The password is too short."),
        ({"password_again": "another"}, "password_again", "The two passwords differ."),
        ({"name": "x" * 201}, "name", "Use at most 200 characters"),
        ({"name": "a\nb"}, "name", "without line ends"),
        (
            {"password": "annas secret: anna@house.test"},
            "password",
            "contains the e-mail address",
        ),
    ],
)
def test_fault_is_named_at_its_field_and_leaves_the_link(
    client, first_link, change, field, message
):
    values = FIRST | change
    if "password" in change:
        values["password_again"] = change["password"]

    answer = client.post(first_link, data=values)

    assert answer.status_code == 422
    at_field = re.search(rf'id="{field}-error".*?</p>', answer.text, re.DOTALL)
    assert at_field
    assert message in at_field[0]
    assert client.post(first_link, data=FIRST).status_code == 303


def test_invited_person_sets_a_password_and_is_in(client, invited):
    page = client.get(invited)

    answer = client.post(invited, data=CHOSEN)

    assert "sam@house.test" in page.text
    assert answer.status_code == 303
    assert is_signed_in(client)


def test_invitation_works_once(client, app, invited):
    client.post(invited, data=CHOSEN)

    assert app.test_client().post(invited, data=CHOSEN).status_code == 404


def test_invitation_to_a_disabled_user_is_void(client, session, invited):
    client.get(invited)
    user_id = 2

    disable_user(session, COMMAND_LINE, user_id, now=datetime.now(UTC))

    assert client.get(invited).status_code == 404


def test_old_link_is_void(client, session):
    long_ago = datetime.now(UTC) - timedelta(days=8)
    link = first_run_link(session, base_url="", now=long_ago)

    assert client.get(link).status_code == 404


def test_made_up_link_is_not_found(client):
    assert client.get("/set-up/made-up").status_code == 404
    assert client.post("/set-up/made-up", data=FIRST).status_code == 404

"""Refusals and faults: a page for people, a toast for htmx, problem+json for programs."""

import json

import pytest

from panel.domain.permission import Role
from panel.services.refusals import Conflict, Invalid, NotAllowed, NotFound, TooMany
from panel.web.access import public

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Nothing here depends on the kind of database."""


def raising(app, error: Exception) -> str:
    """The path of a view that fails with this error."""

    @public
    def view() -> str:
        raise error

    app.add_url_rule("/failing", "failing", view, methods=["GET", "POST"])
    return "/failing"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotFound(), 404, "There is nothing here"),
        (NotAllowed("You may not."), 403, "You may not."),
        (Conflict("The list of %(name)s changed.", name="Anna"), 409, "The list of Anna changed."),
        (Invalid({"host": "This is no host."}), 422, "This is no host."),
        (TooMany("Wait.", wait_s=7), 429, "Wait."),
        (ValueError("secret detail"), 500, "The panel ran into a fault"),
    ],
)
def test_refusal_becomes_a_page(app, client, error, status, said):
    answer = client.get(raising(app, error))

    assert answer.status_code == status
    assert said in answer.text
    assert "secret detail" not in answer.text


def test_partner_admin_learns_nothing_of_what_is_not_allowed(app, sign_in):
    path = raising(app, NotAllowed("You may not."))

    answer = sign_in(Role.PARTNER_ADMIN).get(path)

    assert answer.status_code == 404
    assert "You may not." not in answer.text


def test_htmx_gets_a_toast_and_swaps_nothing(app, client):
    answer = client.get(raising(app, Conflict("Zu spät.")), headers={"HX-Request": "true"})

    assert answer.status_code == 409
    assert answer.headers["HX-Reswap"] == "none"
    trigger = json.loads(answer.headers["HX-Trigger"])
    assert trigger == {"toast": {"tone": "error", "text": "Zu spät."}}


def test_program_gets_a_problem_with_the_fields(app, client):
    path = raising(app, Invalid({"host": "This is no host."}))

    answer = client.get(path, headers={"Accept": "application/json"})

    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == 422
    assert answer.json["errors"] == [{"field": "host", "message": "This is no host."}]


def test_too_many_says_when_to_come_back(app, client):
    assert client.get(raising(app, TooMany("Wait.", wait_s=7))).headers["Retry-After"] == "7"


def test_unknown_path_of_the_api_is_a_problem(client):
    answer = client.get("/api/nothing-here")

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_wrong_method_says_which_are_taken(client):
    answer = client.delete("/sign-in")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_text_of_a_refusal_is_escaped(app, client):
    answer = client.get(raising(app, Conflict("<script>alert(1)</script>")))

    assert "<script>alert(1)" not in answer.text

"""One partner's people, support and strangers at everything that another partner has."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from panel.domain.permission import COMMAND_LINE, Role
from panel.services.applications import ApplicationValues, add_application
from panel.storage.models import Application, Delivery, Message, Partner, Provider, Transcript, User
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user, an_application
from tests.factories.providers import a_provider
from tests.web.test_access import MAY_ENTER, routes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MARK = "victim-mark"
"""Stands in everything of the partner that nobody else may see."""
HX = {"HX-Request": "true"}
KEPT = (Partner, Provider, User, Application, Message, Delivery)
NOWHERE = 987_654_321
NO_MESSAGE = "0" * 26
TOKEN = re.compile(r'(name="csrf_token" value=")[^"]*|X-CSRFToken[^}]*')


@dataclass
class Belongings:
    """What the partner has, by the names that addresses have for it."""

    slug: str
    provider: int
    user: int
    application: int
    message: str
    delivery: int

    def address(self, rule: Any) -> str:
        """The path of a route that leads to something of the partner."""
        values: dict[str, Any] = {"slug": self.slug, "token": "none", "filename": "icons.svg"}
        values |= {"id": self._id(rule.endpoint), "delivery_id": self.delivery, "number": 1}
        built = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
        return str(built[1])

    def _id(self, endpoint: str) -> int | str:
        if endpoint.startswith("messages."):
            return self.message
        if endpoint == "partners.revoke_application":
            return self.application
        return self.user if endpoint.startswith("partners.") else self.provider


NOTHING = Belongings("nobody-here", NOWHERE, NOWHERE, NOWHERE, NO_MESSAGE, NOWHERE)


@pytest.fixture
def victim(session):
    """A partner with a bit of everything."""
    partner = a_partner(session, slug="victim", may_use_house=False)
    partner.name = f"Victim {MARK}"
    own: dict[str, Any] = {"partner_id": partner.id}
    provider = a_provider(session, name=f"server {MARK}", host=f"{MARK}.test", **own)
    user = a_user(session, Role.PARTNER_ADMIN, email=f"kim@{MARK}.test", **own)
    application = an_application(session, name=f"shop {MARK}", **own)
    message = a_message(session, subject=f"Order {MARK}", **own)
    delivery = a_delivery(session, message, recipient=f"lena@{MARK}.test", rule="greylisted")
    an_attempt(session, delivery, provider_id=provider.id)
    session.add(Transcript(delivery_id=delivery.id, number=1, said=f"S: 220 {MARK}.test"))
    session.commit()
    return Belongings(partner.slug, provider.id, user.id, application.id, message.id, delivery.id)


@pytest.fixture
def outsider(sign_in):
    """The admin of another partner."""
    return sign_in(Role.PARTNER_ADMIN, email="eve@outsider.test")


def content(session) -> list[Any]:
    """Every row that must stay as it is."""
    session.expire_all()
    rows = [
        tuple(row) for model in KEPT for row in session.execute(select(*model.__table__.columns))
    ]
    session.commit()
    return rows


def knock(browser, app: Flask, owner: Belongings, *, headers: dict[str, str]) -> dict[str, Any]:
    """The answer of every route about something of this owner, by the route's name."""
    fields = {
        "ids": [str(owner.delivery)],
        "delivery": str(owner.delivery),
        "choice": "cancel",
        "number": "1",
        "active": "0",
        "to": "eve@outsider.test",
        "code": "AAAA-AAAA",
        "host": "mail.outsider.test",
        "security": "none",
        "email": "eve@outsider.test",
        "name": "Eve",
        "streams": ["system"],
    }
    answers = {}
    for name, rule in routes(app).items():
        if not rule.arguments or MAY_ENTER[name] >= {"signed out"}:
            continue
        method = name.split(" ")[0]
        data = fields if method == "POST" else None
        answers[name] = browser.open(owner.address(rule), method=method, data=data, headers=headers)
    return answers


@pytest.mark.parametrize("headers", [{}, HX, {"Accept": "application/json"}], ids=str)
def test_what_another_partner_has_is_not_there(app, session, outsider, victim, headers):
    before = content(session)

    theirs = knock(outsider, app, victim, headers=headers)
    nobodys = knock(outsider, app, NOTHING, headers=headers)

    assert len(theirs) > 30
    assert {name: answer.status_code for name, answer in theirs.items()} == dict.fromkeys(
        theirs, 404
    )
    for name, answer in theirs.items():
        assert alike(answer) == alike(nobodys[name]), name
        assert MARK not in answer.text
    assert content(session) == before


def alike(answer) -> str:
    """A page without what is random in it, and without the address that was asked for."""
    return TOKEN.sub("", answer.text.replace(answer.request.path, ""))


def test_lists_show_nothing_of_another_partner(outsider, victim):
    for path in ("/queue", "/mailing-log", "/account"):
        for headers in ({}, HX):
            for query in ("", "?q=lena", f"?recipient=lena@{MARK}.test"):
                answer = outsider.get(path + query, headers=headers)
                assert answer.status_code == 200
                shown = answer.text.replace(f"lena@{MARK}.test", "") if query else answer.text
                assert MARK not in shown, path + query


def test_changes_of_the_queue_reach_nothing_of_another_partner(session, outsider, victim):
    before = content(session)
    for noun in ("retries", "holds", "cancellations", "deletions", "decisions"):
        for fields in ({"ids": str(victim.delivery)}, {"all": "1"}):
            data = fields | {"choice": "give_up", "confirmed": "1"}
            assert outsider.post(f"/queue/{noun}", data=data).status_code < 500

    assert content(session) == before


def test_support_changes_no_partner_and_strangers_see_nothing(app, session, sign_in, victim):
    before = content(session)
    support, stranger = sign_in(Role.SUPPORT), app.test_client()
    before = content(session)
    for name, rule in routes(app).items():
        if not name.split(" ")[1].startswith("/partners"):
            continue
        method = name.split(" ")[0]
        refused = support.open(victim.address(rule), method=method)
        unknown = stranger.open(victim.address(rule), method=method)
        assert (refused.status_code, unknown.status_code) == (403, 303), name
        assert MARK not in refused.text + unknown.text

    assert content(session) == before


def test_an_application_of_another_partner_reads_and_cancels_nothing(session, client, victim):
    a_partner(session, slug="outsider")
    values = ApplicationValues(name="spy", streams=("system",), partner_slug="outsider")
    token = add_application(session, COMMAND_LINE, values=values, now=NOON).credentials.token
    before = content(session)
    bearer = {"Authorization": f"Bearer {token}"}

    for method, tail in (("GET", ""), ("POST", "/cancellations")):
        theirs, nobodys = (
            client.open(f"/api/v1/messages/{key}{tail}", method=method, headers=bearer)
            for key in (victim.message, NO_MESSAGE)
        )
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.json == nobodys.json
    listed = client.get("/api/v1/messages", headers=bearer)
    assert MARK not in listed.text
    kept = [row for row in content(session) if "spy" not in row]
    assert kept == [row for row in before if "spy" not in row]

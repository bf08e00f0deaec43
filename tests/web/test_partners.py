"""The pages of partners: the list, the settings window, its people and its applications."""

import re

import pytest

from panel.domain.permission import Role
from panel.storage.models import Partner
from tests.factories.people import a_partner, a_user
from tests.factories.providers import a_provider

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HX = {"HX-Request": "true"}


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


@pytest.fixture
def acme(session):
    partner = a_partner(session, slug="acme")
    session.commit()
    return partner


def test_a_partner_is_added_and_found(operator):
    fields = {"name": "Acme Travel", "slug": "acme-travel"}
    answer = operator.post("/partners", data=fields)

    assert (answer.status_code, answer.location) == (303, "/partners/acme-travel/smtp")
    assert "Acme Travel" in operator.get("/partners").text
    assert "Acme Travel" in operator.get("/partners?q=TRAV").text
    assert "No partner matches" in operator.get("/partners?q=nobody").text
    taken = operator.post("/partners", data=fields)
    assert taken.status_code == 409
    assert "There is a partner “acme-travel” already." in taken.text


def test_a_bad_slug_is_told_at_its_field(operator):
    answer = operator.post("/partners", data={"name": "Acme", "slug": "Acme!"})

    assert answer.status_code == 422
    assert "small letters, digits and hyphens" in answer.text


def test_an_empty_list_says_what_to_do(operator):
    assert "No partners yet" in operator.get("/partners").text


def test_pages_follow_one_another(operator, session):
    for number in range(60):
        a_partner(session, slug=f"p{number:02}")
    session.commit()
    first = operator.get("/partners?q=p").text

    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "/partners/p59" in first
    assert "/partners/p05" not in first
    assert "/partners/p05" in operator.get(older[1].replace("&amp;", "&")).text


@pytest.mark.parametrize("tab", ["", "/smtp", "/users", "/applications"])
def test_each_tab_is_a_page_and_the_inside_of_the_dialog(operator, acme, tab):
    page = operator.get(f"/partners/acme{tab}")
    inside = operator.get(f"/partners/acme{tab}", headers=HX)

    assert page.status_code == inside.status_code == 200
    assert "<html" in page.text
    assert "<html" not in inside.text
    assert inside.text.lstrip().startswith('<div id="partner-window-body"')
    for other in ("", "/smtp", "/users", "/applications"):
        assert f'href="/partners/acme{other}"' in inside.text


def test_name_and_take_over_are_saved(operator, acme, session):
    answer = operator.post("/partners/acme", data={"name": "Acme Ltd"})

    assert answer.status_code == 303
    session.expire_all()
    partner = session.get_one(Partner, acme.id)
    assert (partner.name, partner.may_use_house) == ("Acme Ltd", False)
    session.commit()
    inside = operator.post("/partners/acme", data={"name": "A", "may_use_house": "y"}, headers=HX)
    assert inside.status_code == 200
    assert "A is saved." in inside.text
    assert operator.post("/partners/acme", data={"name": ""}).status_code == 422


def test_before_it_is_deleted_it_is_said_what_happens(operator, acme, session):
    a_user(session, Role.PARTNER_ADMIN, partner_id=acme.id)
    a_provider(session, partner_id=acme.id)
    session.commit()
    question = operator.get("/partners/acme/deletion").text

    assert "1 user is removed." in question
    assert "1 mail server is deleted" in question
    answer = operator.post("/partners/acme/deletion")
    assert (answer.status_code, answer.location) == (303, "/partners")
    assert operator.get("/partners/acme").status_code == 404


def test_it_is_shut_out_and_let_in_again(operator, acme):
    operator.post("/partners/acme/activation", data={"active": "0"})
    assert "This partner is shut out." in operator.get("/partners/acme").text
    assert "Shut out" in operator.get("/partners").text

    operator.post("/partners/acme/activation", data={"active": "1"})
    assert "This partner is shut out." not in operator.get("/partners/acme").text


def test_an_invitation_shows_its_link_once_and_leads_to_the_own_smtp_tab(operator, acme, app):
    invited = operator.post("/partners/acme/users", data={"email": "kim@acme.test", "name": "Kim"})
    link = re.search(r"http://localhost(/set-up/[\w-]+)", invited.text)
    assert link
    assert link[1] not in operator.get("/partners/acme/users").text

    kim = app.test_client()
    password = {"password": "correct horse battery", "password_again": "correct horse battery"}
    assert kim.post(link[1], data=password).status_code == 303
    assert 'href="/partners/acme/smtp"' in kim.get("/queue").text
    page = kim.get("/partners/acme/smtp")
    assert page.status_code == 200
    assert "SMTP Host" in page.text
    assert 'href="/partners/acme/users"' not in page.text


def test_people_are_shut_out_and_removed(operator, acme, session):
    user = a_user(session, Role.PARTNER_ADMIN, partner_id=acme.id, email="kim@acme.test")
    session.commit()
    path = f"/partners/acme/users/{user.id}"

    assert "set-up/" in operator.post(f"{path}/links").text
    shut = operator.post(f"{path}/activation", data={"active": "0"}, headers=HX)
    assert "Let in again" in shut.text
    operator.post(f"{path}/deletion")
    assert "acme.test" not in operator.get("/partners/acme/users", headers=HX).text
    assert operator.post(f"{path}/links").status_code == 404


def test_a_taken_address_is_told_at_its_field(operator, acme):
    for _ in range(2):
        answer = operator.post("/partners/acme/users", data={"email": "kim@acme.test"})

    assert answer.status_code == 409
    assert "There is a user kim@acme.test already." in answer.text
    assert operator.post("/partners/acme/users", data={"email": "kim"}).status_code == 422


def test_an_application_shows_its_credentials_once_and_is_revoked(operator, acme, client):
    fields = {"name": "shop", "streams": ["system", "crm"], "from_domains": "acme.test"}
    added = operator.post("/partners/acme/applications", data=fields)
    token = re.search(r"pr_[a-z0-9]{8}_[\w-]{43}", added.text)
    assert token
    page = operator.get("/partners/acme/applications").text
    assert token[0] not in page
    assert "acme.test" in page
    bearer = {"Authorization": f"Bearer {token[0]}"}
    assert client.get("/api/v1/messages/nothing", headers=bearer).status_code == 404

    path = re.search(r"/partners/acme/applications/\d+/revocation", page)
    assert path
    assert operator.post(path[0]).status_code == 303
    assert client.get("/api/v1/messages/nothing", headers=bearer).status_code == 401
    assert "Revoked" in operator.get("/partners/acme/applications").text
    assert operator.post("/partners/acme/applications", data={"name": ""}).status_code == 422


def test_a_quota_is_set_shown_and_refused_at_its_field(operator, acme):
    form = {"name": "Acme", "may_use_house": "y", "hourly_quota": "250", "daily_quota": ""}
    operator.post("/partners/acme", data=form)
    page = operator.get("/partners/acme").text
    assert 'value="250"' in page

    refused = operator.post("/partners/acme", data=form | {"hourly_quota": "many"})

    assert refused.status_code == 422
    assert "Enter a whole number." in refused.text
    assert 'value="250"' in operator.get("/partners/acme").text


def test_a_server_is_used_no_more_and_again(operator, session, acme):
    server = a_provider(session, partner_id=acme.id)
    session.commit()
    switch = "/partners/acme/smtp/activation"

    stopped = operator.post(switch, data={"active": "0"}, headers=HX)
    assert "The server is not used any more." in stopped.text
    session.refresh(server)
    assert not server.is_active
    session.commit()
    assert operator.post(switch, data={"active": "1"}).status_code == 303

    session.refresh(server)
    assert server.is_active

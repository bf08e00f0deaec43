"""The test mail in the panel: address, code, ready; in the dialog and as plain pages."""

import re

import pytest

from panel.domain.permission import Role
from panel.storage.models import Provider
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET}, mechanisms=("PLAIN",))


@pytest.fixture
def provider_id(session, vault, server):
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    provider = a_provider(session, port=server.port, verified=False, **login)
    session.commit()
    return provider.id


def code_in(mail) -> str:
    found = re.search(rb"\b([A-Z0-9]{4}-[A-Z0-9]{4})\b", mail.content)
    assert found is not None
    return found.group(1).decode()


def test_plain_pages_lead_from_the_address_to_ready(operator, provider_id, server, session):
    asked = operator.get(f"/providers/{provider_id}/test-emails")
    assert asked.status_code == 200
    assert 'name="to"' in asked.text

    sent = operator.post(f"/providers/{provider_id}/test-emails", data={"to": "kim@contoso.test"})
    assert sent.status_code == 200
    assert "<html" in sent.text
    assert 'name="code"' in sent.text
    code = code_in(server.mails[0])
    assert code not in sent.text

    ready = operator.post(f"/providers/{provider_id}/confirmations", data={"code": code})
    assert ready.status_code == 200
    assert "Ready." in ready.text
    assert session.get_one(Provider, provider_id).is_confirmed


def test_htmx_gets_the_inside_of_the_dialog(operator, provider_id):
    answer = operator.post(
        f"/providers/{provider_id}/test-emails", data={"to": "kim@contoso.test"}, headers=HX
    )

    assert "<html" not in answer.text
    assert answer.text.lstrip().startswith('<div id="test-mail"')


def test_a_wrong_address_and_a_wrong_code_are_told_at_their_fields(operator, provider_id, server):
    wrong = operator.post(f"/providers/{provider_id}/test-emails", data={"to": "nobody"})
    assert wrong.status_code == 422
    assert "This is no e-mail address" in wrong.text
    assert not server.mails

    operator.post(f"/providers/{provider_id}/test-emails", data={"to": "kim@contoso.test"})
    missed = operator.post(f"/providers/{provider_id}/confirmations", data={"code": "AAAA-AAAA"})
    assert missed.status_code == 422
    assert "4 tries are left" in missed.text


def test_a_code_that_nobody_sent_is_a_conflict(operator, provider_id):
    answer = operator.post(f"/providers/{provider_id}/confirmations", data={"code": "AAAA-AAAA"})

    assert answer.status_code == 409
    assert "Send a test mail first." in answer.text


def test_a_refused_mail_is_explained(operator, provider_id, server):
    server.answers("rcpt", "550 5.1.1 no such user")

    answer = operator.post(f"/providers/{provider_id}/test-emails", data={"to": "kim@contoso.test"})

    assert answer.status_code == 200
    assert "550 5.1.1 no such user" in answer.text
    assert 'name="code"' not in answer.text


def test_too_many_mails_are_told_so(operator, provider_id):
    answers = [
        operator.post(f"/providers/{provider_id}/test-emails", data={"to": "kim@contoso.test"})
        for _ in range(6)
    ]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Too many tries" in answers[-1].text


def test_the_list_offers_it_and_shows_what_was_confirmed(operator, provider_id, server):
    operator.post(f"/providers/{provider_id}/test-emails", data={"to": "kim@contoso.test"})
    assert "connection tested" in operator.get("/providers").text

    code = code_in(server.mails[0])
    operator.post(f"/providers/{provider_id}/confirmations", data={"code": code})

    page = operator.get("/providers").text
    assert f"/providers/{provider_id}/test-emails" in page
    assert "delivery confirmed" in page


def test_support_is_turned_away(sign_in, provider_id):
    support = sign_in(Role.SUPPORT)

    assert support.get(f"/providers/{provider_id}/test-emails").status_code in {403, 404}
    assert support.post(f"/providers/{provider_id}/confirmations").status_code in {403, 404}

"""The mailing log's page."""

import pytest

from panel.domain.delivery import AttemptStatus
from panel.domain.permission import Role
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}


def shown(answer) -> list[int]:
    """The ids of the rows on a page."""
    return [int(part.split('"')[0]) for part in answer.text.split('<tr id="attempt-')[1:]]


def test_attempts_stand_with_reason_answer_and_duration(session, sign_in):
    attempt = an_attempt(session, provider_name="mailgun-eu")

    page = sign_in().get("/mailing-log").text

    assert f'<tr id="attempt-{attempt.id}"' in page
    for text in ("mailgun-eu", "FAIL", "120 ms", "451 4.7.1 Greylisted, come back later"):
        assert text in page
    assert "makes unknown senders wait" in page


def test_attempt_in_progress_has_no_reason_yet(session, sign_in):
    an_attempt(session, status=AttemptStatus.IN_PROGRESS, finished_at=None, rule="", said="")

    page = sign_in().get("/mailing-log").text

    assert "IN PROGRESS" in page
    assert "Exact answer" not in page


def test_filters_stand_in_the_address(session, sign_in):
    provider = a_provider(session)
    failed = an_attempt(session, provider_id=99)
    sent = an_attempt(session, status=AttemptStatus.SUCCESS, provider_id=provider.id)
    client = sign_in()

    assert shown(client.get("/mailing-log?status=SUCCESS")) == [sent.id]
    assert shown(client.get(f"/mailing-log?provider_id={provider.id}")) == [sent.id]
    assert shown(client.get(f"/mailing-log?query={failed.id}")) == [failed.id]
    assert shown(client.get("/mailing-log?since=2026-03-02T12:01")) == []
    assert shown(client.get("/mailing-log?until=2026-03-02T12:01")) == [sent.id, failed.id]
    odd = client.get("/mailing-log?status=X&provider_id=x&since=never&until=")
    assert shown(odd) == [sent.id, failed.id]


def test_fragment_keeps_refreshing_only_the_newest_page(session, sign_in):
    attempts = [an_attempt(session).id for _ in range(2)]
    client = sign_in()

    newest = client.get("/mailing-log", headers=HX)
    older = client.get(f"/mailing-log?before={attempts[1]}", headers=HX)

    assert newest.text.startswith('<div id="log-list"')
    assert "data-autorefresh" in newest.text
    assert "data-autorefresh" not in older.text
    assert shown(older) == [attempts[0]]


@pytest.mark.parametrize("path", ["/mailing-log", "/mailing-log?query=lena"])
def test_partner_admin_sees_its_own_mail_and_nothing_of_the_house(session, sign_in, path):
    partner = a_partner(session)
    own = a_provider(session, partner_id=partner.id, name="own-relay")
    house = a_provider(session, name="house-secret")
    delivery = a_delivery(session, a_message(session, partner_id=partner.id))
    mine = [
        an_attempt(session, delivery, provider_id=one.id, provider_name=one.name, said=one.name).id
        for one in (own, house)
    ]
    an_attempt(session, provider_id=house.id, provider_name=house.name)

    answer = sign_in(Role.PARTNER_ADMIN, partner_id=partner.id).get(path)

    assert shown(answer) == mine[::-1]
    assert "own-relay" in answer.text
    assert "house-secret" not in answer.text


def test_log_is_narrowed_to_one_partner_or_to_the_house(session, sign_in):
    partner = a_partner(session, slug="northwind")
    provider = a_provider(session)
    theirs = [
        an_attempt(session, a_delivery(session, a_message(session, partner_id=partner.id)), **over)
        for over in (
            {"provider_id": 99},
            {"provider_id": provider.id, "provider_reference": "of-provider-1"},
        )
    ]
    ours = an_attempt(session)
    client = sign_in(Role.SUPPORT)

    def found(wanted: str) -> list[int]:
        return shown(client.get(f"/mailing-log?{wanted}"))

    of_theirs = f"owner={partner.id}"
    assert found(of_theirs) == [theirs[1].id, theirs[0].id]
    assert found(f"{of_theirs}&provider_id={provider.id}") == [theirs[1].id]
    assert found(f"{of_theirs}&query=of-provider-1") == [theirs[1].id]
    assert found("owner=house") == [ours.id]
    assert found("owner=999") == []
    assert (
        '<option value="house" selected>House</option>'
        in client.get("/mailing-log?owner=house").text
    )
    rows = client.get(f"/mailing-log.csv?{of_theirs}").text.splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == [theirs[1].id, theirs[0].id]


def test_partner_admin_sees_no_more_by_naming_an_owner(session, sign_in):
    partner = a_partner(session)
    mine = an_attempt(session, a_delivery(session, a_message(session, partner_id=partner.id)))
    an_attempt(session)
    client = sign_in(Role.PARTNER_ADMIN, partner_id=partner.id)

    for owner in ("house", str(partner.id + 1)):
        page = client.get(f"/mailing-log?owner={owner}")
        assert shown(page) == [mine.id]
        assert 'name="owner"' not in page.text

"""The queue's page: filters in the address, forms that change, fragments for htmx."""

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import Role
from panel.storage.models import Delivery, Ruling
from tests.factories.mail import a_delivery, a_message
from tests.factories.people import a_partner

HX = {"HX-Request": "true"}


@pytest.fixture
def waiting(session):
    """Three deliveries in a row: queued, held, being sent."""
    states = (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.SENDING)
    made = [a_delivery(session, state=state, next_attempt_at=None) for state in states]
    session.commit()
    return made


def shown(answer) -> list[int]:
    """The ids of the rows on a page."""
    return [int(part.split('"')[0]) for part in answer.text.split('<tr id="delivery-')[1:]]


def test_filters_stand_in_the_address(session, sign_in, waiting):
    queued, held, _sending = waiting
    queued.recipient = "ada@contoso.test"
    campaign = a_delivery(session, a_message(session, stream=Stream.CAMPAIGNS))
    client = sign_in()

    assert shown(client.get("/queue?state=held")) == [held.id]
    assert shown(client.get("/queue?stream=campaigns")) == [campaign.id]
    assert shown(client.get("/queue?recipient=ADA@")) == [queued.id]
    assert len(shown(client.get("/queue?state=sent&stream=none&before=x&after="))) == 4


def test_fragment_and_page_show_the_same_rows(sign_in, waiting):
    client = sign_in()

    page, fragment = client.get("/queue"), client.get("/queue", headers=HX)

    assert shown(page) == shown(fragment) == [row.id for row in waiting][::-1]
    assert "<html" in page.text
    assert fragment.text.startswith('<div id="queue-list"')


def test_older_pages_do_not_refresh_themselves(session, sign_in, waiting):
    client = sign_in()

    assert "data-autorefresh" in client.get("/queue").text
    older = client.get(f"/queue?before={waiting[-1].id}")
    assert "data-autorefresh" not in older.text
    assert shown(older) == [waiting[1].id, waiting[0].id]


@pytest.mark.parametrize(
    ("noun", "state", "text"),
    [
        ("retries", "queued", "2 mails are tried again now."),
        ("cancellations", "cancelled", "2 mails are cancelled."),
        ("deletions", None, "2 mails are deleted."),
    ],
)
def test_plain_form_changes_and_leads_back_to_the_list(
    session, sign_in, waiting, noun, state, text
):
    ids = [row.id for row in waiting]
    client = sign_in()

    answer = client.post(f"/queue/{noun}", data={"ids": ids, "stream": "system"})

    assert (answer.status_code, answer.location) == (303, "/queue?stream=system")
    page = client.get(answer.location).text
    assert text in page
    assert "1 was left as it is" in page
    rows = {id_: session.get(Delivery, id_, populate_existing=True) for id_ in ids}
    assert [rows[id_].state if rows[id_] else None for id_ in ids] == [state, state, "sending"]


@pytest.mark.parametrize(
    ("choice", "state", "text"),
    [
        ("send_again", "queued", "2 mails are sent again."),
        ("count_as_sent", "sent", "2 mails count as sent."),
        ("give_up", "failed", "2 mails are given up."),
    ],
)
@pytest.mark.parametrize("chosen", ["ids", "all"])
def test_unconfirmed_mails_are_decided_about_together(
    session, sign_in, waiting, choice, state, text, chosen
):
    lost = [a_delivery(session, state=DeliveryState.UNCONFIRMED).id for _ in range(2)]
    session.commit()
    ids = [*lost, *(row.id for row in waiting)]
    which = {"ids": ids} if chosen == "ids" else {"all": "1"}
    client = sign_in()

    answer = client.post("/queue/decisions", data={"choice": choice, "note": "So be it", **which})

    page = client.get(answer.location).text
    assert text in page
    assert "3 were left as they are" in page
    session.expire_all()
    assert [session.get_one(Delivery, id_).state for id_ in lost] == [state, state]
    assert [row.state for row in waiting] == ["queued", "held", "sending"]
    notes = [(row.delivery_id, row.note) for row in session.query(Ruling).order_by("delivery_id")]
    assert notes == [(id_, "So be it") for id_ in lost]


def test_mails_are_held_together(session, sign_in, waiting):
    client = sign_in()

    answer = client.post("/queue/holds", data={"ids": [row.id for row in waiting]})

    assert "1 mail is held." in client.get(answer.location).text
    session.expire_all()
    assert [row.state for row in waiting] == ["held", "held", "sending"]
    assert waiting[0].next_attempt_at is None


@pytest.mark.parametrize("choice", ["", "explode", "cancel", "send_now"])
def test_decision_must_be_one_of_those_for_unconfirmed_mail(session, sign_in, waiting, choice):
    data = {"ids": [row.id for row in waiting], "choice": choice}

    answer = sign_in().post("/queue/decisions", data=data)

    assert answer.status_code == 422
    assert "Nothing is chosen." in answer.text
    session.expire_all()
    assert [row.state for row in waiting] == ["queued", "held", "sending"]


def test_htmx_gets_the_fresh_list_and_a_toast(sign_in, waiting):
    answer = sign_in().post("/queue/cancellations", data={"ids": waiting[0].id}, headers=HX)

    assert answer.status_code == 200
    assert "1 mail is cancelled." in answer.headers["HX-Trigger"]
    assert shown(answer) == [waiting[2].id, waiting[1].id]


def test_all_changes_exactly_what_matches(session, sign_in, waiting):
    sign_in().post("/queue/cancellations", data={"all": "1", "state": "held"})

    session.expire_all()
    assert [row.state for row in waiting] == ["queued", "cancelled", "sending"]


@pytest.fixture
def of_partner(session, waiting):
    """A delivery of a partner, beside those of the house."""
    partner = a_partner(session, slug="northwind")
    made = a_delivery(session, a_message(session, partner_id=partner.id))
    session.commit()
    return made


def test_the_list_is_narrowed_to_one_partner_or_to_the_house(session, sign_in, waiting, of_partner):
    client, id_ = sign_in(Role.SUPPORT), of_partner.partner_id

    assert shown(client.get(f"/queue?owner={id_}")) == [of_partner.id]
    assert shown(client.get("/queue?owner=house")) == [row.id for row in waiting][::-1]
    assert shown(client.get(f"/queue?owner={id_}&state=held")) == []
    assert shown(client.get(f"/queue?owner={id_ + 1}")) == []
    assert len(shown(client.get("/queue?owner=everybody"))) == 4
    page = client.get(f"/queue?owner={id_}").text
    assert f'<option value="{id_}" selected>Northwind</option>' in page
    assert f'name="owner" value="{id_}" form="queue-actions"' in page


def test_all_of_one_partner_changes_nobody_elses_mail(session, sign_in, waiting, of_partner):
    data = {"all": "1", "owner": of_partner.partner_id}

    answer = sign_in().post("/queue/holds", data=data)

    assert answer.location == f"/queue?owner={of_partner.partner_id}"
    session.expire_all()
    assert of_partner.state == "held"
    assert [row.state for row in waiting] == ["queued", "held", "sending"]


@pytest.mark.parametrize("owner", ["house", "1", "999"])
def test_nobody_sees_more_by_naming_an_owner(session, sign_in, waiting, of_partner, owner):
    client = sign_in(Role.PARTNER_ADMIN, partner_id=of_partner.partner_id)

    page = client.get(f"/queue?owner={owner}")
    client.post("/queue/cancellations", data={"all": "1", "owner": owner})

    assert shown(page) == [of_partner.id]
    assert 'name="owner"' not in page.text
    session.expire_all()
    assert of_partner.state == "cancelled"
    assert [row.state for row in waiting] == ["queued", "held", "sending"]


@pytest.mark.parametrize("noun", ["retries", "holds", "decisions", "cancellations", "deletions"])
def test_change_of_nothing_is_refused(session, sign_in, waiting, noun):
    client = sign_in()

    for fields in ({}, {"ids": "x"}, {"ids": "9" * 30}, {"all": "0"}):
        answer = client.post(f"/queue/{noun}", data={"choice": "give_up", **fields})
        assert answer.status_code == 422
        assert "No mail is selected." in answer.text
    session.expire_all()
    assert [row.state for row in waiting] == ["queued", "held", "sending"]


def test_partner_admin_sees_and_changes_its_own_mail_only(session, sign_in, waiting):
    partner = a_partner(session)
    mine = a_delivery(session, a_message(session, partner_id=partner.id)).id
    client = sign_in(Role.PARTNER_ADMIN, partner_id=partner.id)

    page = client.get("/queue")
    client.post("/queue/deletions", data={"ids": [mine, waiting[0].id]})
    client.post("/queue/cancellations", data={"all": "1"})

    assert shown(page) == [mine]
    assert "Partner</th>" not in page.text
    session.expire_all()
    assert session.get(Delivery, mine) is None
    assert [row.state for row in waiting] == ["queued", "held", "sending"]


def test_support_may_retry(session, sign_in, waiting):
    client = sign_in(Role.SUPPORT)

    assert client.post("/queue/retries", data={"ids": waiting[1].id}).status_code == 303
    session.expire_all()
    assert waiting[1].state == "queued"


def test_hostile_text_is_escaped_and_shown_by_name(session, sign_in):
    message = a_message(session, subject="<script>x</script>\u202e\x1b")
    a_delivery(session, message, rule="greylisted", said='451 "><img src=x onerror=alert(1)>\x07')

    page = sign_in().get("/queue").text

    assert "<script>x" not in page
    assert "<img" not in page
    assert "&lt;script&gt;x&lt;/script&gt;⟨U+202E⟩⟨U+001B⟩" in page
    assert "⟨U+0007⟩" in page


def test_filter_of_the_reader_is_text_too(sign_in):
    page = sign_in().get('/queue?recipient="><script>x</script>').text

    assert "<script>x" not in page

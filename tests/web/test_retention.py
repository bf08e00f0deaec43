"""The page of how long mail is kept: choose, look at what goes, confirm."""

import re

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import Role
from panel.domain.retention import KEEP_ALL, Retention
from panel.storage.queries.retention import retentions
from panel.storage.queue.removal import Part, remove
from tests.factories.ended import an_ended_mail, days_ago
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.web.test_settings import VALUE

PATH, PREVIEW = "/settings/retention", "/settings/retention/previews"
INPUT = re.compile(r'<input[^>]* name="(version|seal|[a-z_]+-(?:bodies|mails))"[^>]*>')
NOTHING = dict.fromkeys(Stream, KEEP_ALL)


def posted(page: str) -> dict[str, str]:
    """What the form of a page sends when nothing is changed."""
    return {
        found[1]: value[1] if (value := VALUE.search(found[0])) else ""
        for found in INPUT.finditer(page)
    }


@pytest.mark.parametrize(("role", "status"), [(Role.SUPPORT, 403), (Role.PARTNER_ADMIN, 404)])
def test_others_than_operators_are_turned_away(session, sign_in, role, status):
    client = sign_in(role)
    fields = posted(sign_in().get(PATH).text) | {"crm-mails": "1", "crm-bodies": "1"}

    assert client.get(PATH).status_code == status
    for path in (PATH, PREVIEW):
        assert client.post(path, data=fields).status_code == status
    assert retentions(session) == NOTHING


def test_settings_lead_to_it_and_it_says_that_nothing_is_removed(sign_in):
    client = sign_in()

    assert PATH in client.get("/settings").text
    assert "Nothing is removed." in client.get(PATH).text


def test_a_choice_is_looked_at_then_confirmed_and_stands_in_the_audit(session, sign_in):
    an_ended_mail(session, days_ago(5000))
    client = sign_in()
    fields = posted(client.get(PATH).text) | {"crm-bodies": " 0 ", "crm-mails": "90"}

    shown = client.post(PREVIEW, data=fields)
    assert shown.status_code == 200
    assert "Save and remove" in shown.text
    assert "11 Bytes" in shown.text
    assert retentions(session) == NOTHING
    session.rollback()

    saved = client.post(PATH, data=posted(shown.text))
    page = client.get(saved.location).text
    assert "Saved." in page
    assert "Nothing is removed." not in page
    assert retentions(session)[Stream.CRM] == Retention(0, 90)
    audit = client.get("/audit").text
    assert "Retention changed" in audit
    assert "For ever" in audit
    assert f'href="{PATH}"' in audit


def test_nothing_is_saved_without_a_look_at_what_goes(session, sign_in):
    client = sign_in()
    fields = posted(client.get(PATH).text) | {"crm-bodies": "0", "crm-mails": "1"}

    answer = client.post(PATH, data=fields)

    assert answer.status_code == 409
    assert "look at what would be removed first" in answer.text
    assert retentions(session) == NOTHING


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"crm-bodies": "soon"}, "Enter a whole number."),
        ({"crm-bodies": "9999"}, "Enter whole days from 0 to 3650"),
        ({"crm-mails": "0", "crm-bodies": "0"}, "Enter whole days from 1 to 3650"),
        ({"crm-mails": "999999999999"}, "Enter whole days from 1 to 3650"),
        ({"crm-mails": "10", "crm-bodies": "11"}, "cannot be kept longer than its mail"),
        ({"crm-mails": "10"}, "cannot be kept longer than its mail"),
    ],
)
def test_bad_field_has_one_clear_message_and_nothing_is_saved(session, sign_in, values, message):
    client = sign_in()
    fields = posted(client.get(PATH).text) | {"system-bodies": "7"} | values

    for path in (PREVIEW, PATH):
        answer = client.post(path, data=fields)
        assert answer.status_code == 422
        assert "One field needs your attention." in answer.text
        assert answer.text.count(message) == 2
        assert 'value="7"' in answer.text
    assert retentions(session) == NOTHING


def test_stale_form_is_refused_with_what_holds_now(session, sign_in):
    client = sign_in()
    fields = posted(client.get(PATH).text)
    shown = client.post(PREVIEW, data=fields | {"system-bodies": "5"})
    client.post(PATH, data=posted(shown.text))

    for path in (PREVIEW, PATH):
        answer = client.post(path, data=posted(shown.text))
        assert answer.status_code == 409
        assert "Somebody else changed how long mail is kept" in answer.text
        assert 'value="5"' in answer.text


def test_mail_whose_content_was_removed_says_when_and_is_not_sent_again(session, sign_in):
    message = a_message(session, stream=Stream.CRM)
    a_delivery(session, message, state=DeliveryState.FAILED, ended_at=days_ago(100))
    remove(session, Part.BODY, [message.id], until=days_ago(90), now=NOON)
    session.commit()

    page = sign_in(may_read_bodies=True).get(f"/messages/{message.id}").text

    assert "The content is gone:" in page
    assert f"{NOON:%Y-%m-%d %H:%M:%S} UTC" in page
    assert "It cannot be sent again: its content has been removed." in page
    assert "Read the content" not in page

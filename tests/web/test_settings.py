"""The settings: the sending rules as a form for all kinds of mail."""

import re

import pytest
from werkzeug.datastructures import MultiDict

from panel.domain.delivery import POLICIES, Stream, UnconfirmedPolicy
from panel.domain.permission import Role
from panel.storage.queries.policies import stream_policies
from panel.web.forms.sending_rules import HINTS, UNCONFIRMED, empty_forms, minutes_text

PATH = "/settings/sending"
INPUT = re.compile(r'<input[^>]* name="(version|[a-z_]+-[a-z]+)"[^>]*>')
VALUE = re.compile(r' value="([^"]*)"')


def posted(page: str) -> dict[str, str]:
    """What the form of the page sends when nothing is changed."""
    fields = {}
    for found in INPUT.finditer(page):
        is_radio, value = 'type="radio"' in found[0], VALUE.search(found[0])
        assert value, found[0]
        if not is_radio or " checked" in found[0]:
            fields[found[1]] = value[1]
    return fields


def test_settings_lead_to_the_rules(sign_in):
    client = sign_in()

    assert PATH in client.get("/settings").text
    assert 'href="/settings"' in client.get(PATH).text


@pytest.mark.parametrize(("role", "status"), [(Role.SUPPORT, 403), (Role.PARTNER_ADMIN, 404)])
def test_others_than_operators_are_turned_away(session, sign_in, role, status):
    client = sign_in(role)
    fields = posted(sign_in().get(PATH).text) | {"crm-expires": "5"}

    assert client.get(PATH).status_code == status
    assert client.post(PATH, data=fields).status_code == status
    assert "Settings" not in client.get("/queue").text
    assert stream_policies(session) == POLICIES


def test_page_says_what_each_choice_leads_to(sign_in):
    page = sign_in().get(PATH).text

    assert page.count("The recipient may get a second copy.") == len(Stream)
    assert page.count("Until then the mail may be missing.") == len(Stream)
    assert page.count("nobody is asked.") == len(Stream)
    assert set(UNCONFIRMED) == set(HINTS) == set(UnconfirmedPolicy)


def test_form_that_is_sent_as_it_came_changes_nothing(session, sign_in):
    client = sign_in()

    answer = client.post(PATH, data=posted(client.get(PATH).text))

    assert (answer.status_code, answer.location) == (303, PATH)
    assert stream_policies(session) == POLICIES


def test_changed_rules_are_saved_and_shown(session, sign_in):
    client = sign_in()
    fields = posted(client.get(PATH).text) | {
        "crm-unconfirmed": "resend",
        "crm-delay": "90",
        "crm-expires": " 24 ",
        "crm-schedule": "2, 4; 8  16",
    }

    page = client.get(client.post(PATH, data=fields).location).text

    assert "The sending rules are saved." in page
    assert 'value="2, 4, 8, 16"' in page
    policy = stream_policies(session)[Stream.CRM]
    assert policy.unconfirmed is UnconfirmedPolicy.RESEND
    assert policy.unconfirmed_delay.total_seconds() == 90
    assert policy.expires_after.total_seconds() == 24 * 3600
    assert minutes_text(policy.schedule) == "2, 4, 8, 16"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("crm-unconfirmed", "explode", "Choose one of the three."),
        ("crm-unconfirmed", None, "Choose one of the three."),
        ("crm-delay", "soon", "Enter a whole number."),
        ("crm-delay", "", "Enter whole seconds from 0 to 86400."),
        ("crm-delay", "999999999999", "Enter whole seconds from 0 to 86400."),
        ("crm-expires", "0", "Enter whole hours from 1 to 720."),
        ("crm-expires", "-5", "Enter a whole number."),
        ("crm-expires", "999999999999", "Enter whole hours from 1 to 720."),
        ("crm-schedule", "", "Enter 1 to 20 whole minutes"),
        ("crm-schedule", "1, two", "Enter 1 to 20 whole minutes"),
        ("crm-schedule", "1.5", "Enter 1 to 20 whole minutes"),
        ("crm-schedule", "٣", "Enter 1 to 20 whole minutes"),
        ("crm-schedule", "9" * 40, "Enter 1 to 20 whole minutes"),
    ],
)
def test_bad_field_has_one_clear_message_and_nothing_is_saved(
    session, sign_in, field, value, message
):
    client = sign_in()
    fields = posted(client.get(PATH).text) | {"system-expires": "24", field: value}

    answer = client.post(
        PATH, data={name: text for name, text in fields.items() if text is not None}
    )

    assert answer.status_code == 422
    assert "One field needs your attention." in answer.text
    assert answer.text.count(message) == 2
    assert 'value="24"' in answer.text
    assert stream_policies(session) == POLICIES


def test_stale_form_is_refused_with_the_present_rules(session, sign_in):
    client = sign_in()
    fields = posted(client.get(PATH).text)
    client.post(PATH, data=fields | {"system-expires": "24"})

    answer = client.post(PATH, data=fields | {"system-expires": "48"})

    assert answer.status_code == 409
    assert "Somebody else changed the sending rules" in answer.text
    assert 'value="24"' in answer.text
    assert stream_policies(session)[Stream.SYSTEM].expires_after.total_seconds() == 24 * 3600


def test_what_was_typed_is_text(sign_in):
    client = sign_in()
    fields = posted(client.get(PATH).text) | {"crm-schedule": '"><script>x</script>'}

    assert "<script>x" not in client.post(PATH, data=fields).text


def test_form_without_any_field_is_refused_at_each(app):
    with app.test_request_context():
        forms = empty_forms(MultiDict())

        assert [form.check() for form in forms.values()] == [None] * len(Stream)

"""Queue, mailing log, one mail and overview in a real browser: live, by script and without."""

import pytest
from playwright.sync_api import expect

from panel.domain.delivery import AttemptStatus, DeliveryState, Stream
from panel.storage.models import Delivery
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOSTILE = "<script>window.broken = 1</script>\u202e\x07<img src=x onerror='window.broken = 1'>"


@pytest.fixture
def mail(session):
    """A hostile mail to two recipients, tried in vain at a provider with a hostile answer."""
    provider = a_provider(session)
    message = a_message(session, subject=HOSTILE, header=HOSTILE.encode() + b"\xff\r\n")
    route = [
        {"provider_id": provider.id, "name": provider.name, "skip": None},
        {"provider_id": 77, "name": "other", "skip": "budget"},
    ]
    state = {"state": DeliveryState.DEFERRED, "rule": "greylisted", "said": f"451 {HOSTILE}"}
    delivery = a_delivery(session, message, route=route, **state)
    a_delivery(session, message, recipient="bob@contoso.test", state=DeliveryState.UNCONFIRMED)
    an_attempt(session, delivery, provider_id=provider.id, said=f"451 {HOSTILE}")
    session.commit()
    return delivery


@in_every_look
def test_screens_are_accessible_fit_and_keep_hostile_text_harmless(operator, site, mail):
    for path in ("/", "/queue", "/mailing-log", f"/messages/{mail.message_id}"):
        operator.goto(site + path)

        expect(operator.locator("h1")).to_be_visible()
        assert_accessible(operator)
        assert_fits(operator)
        assert operator.evaluate("window.broken") is None
        assert "\u202e" not in operator.content()


@in_every_look
def test_empty_screens_say_what_to_do(operator, site):
    for path, text in (
        ("/", "Add a provider"),
        ("/queue", "Nothing is waiting"),
        ("/queue?state=held", "No waiting mail matches"),
        ("/mailing-log", "Nothing has been sent yet"),
        ("/mailing-log?status=FAIL", "No attempt matches"),
    ):
        operator.goto(site + path)

        expect(operator.get_by_text(text)).to_be_visible()
        assert_accessible(operator)
        assert_fits(operator)


def test_queue_refreshes_itself_and_keeps_what_the_reader_does(operator, site, mail, session):
    operator.goto(f"{site}/queue?stream=system")
    row = operator.locator(f"#delivery-{mail.id}")
    row.get_by_role("checkbox").check()
    row.get_by_text("Exact answer").click()
    row.get_by_role("link").focus()

    late = a_delivery(session, recipient="late@contoso.test").id
    campaign = a_message(session, stream=Stream.CAMPAIGNS)
    hidden = a_delivery(session, campaign, recipient="hidden@contoso.test").id
    session.commit()

    expect(operator.locator(f"#delivery-{late}")).to_be_visible()
    expect(operator.locator(f"#delivery-{hidden}")).to_have_count(0)
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row.get_by_role("link")).to_be_focused()
    expect(row.locator("details")).to_have_attribute("open", "")
    actions = operator.get_by_role("form", name="Selected mails")
    expect(actions.get_by_text("1 selected")).to_be_visible()


def test_refresh_keeps_the_place_in_a_long_list(operator, site, session):
    a_crowd(session, 200)
    operator.goto(f"{site}/queue")
    operator.evaluate("window.scrollTo(0, 900)")
    watched = operator.locator("tbody tr").nth(20)
    watched = operator.locator(f"#{watched.get_attribute('id')}")
    before = watched.bounding_box()["y"]

    late = a_delivery(session).id
    session.commit()

    expect(operator.locator(f"#delivery-{late}")).to_be_attached()
    assert abs(watched.bounding_box()["y"] - before) < 2


def test_older_pages_stand_still(operator, site, session):
    a_crowd(session, 400)
    operator.goto(f"{site}/queue")

    operator.get_by_role("link", name="Older").click()

    expect(operator.get_by_role("link", name="Newer")).to_be_visible()
    assert operator.locator("[data-autorefresh]").count() == 0


def test_selected_mails_are_tried_again(operator, site, mail, session):
    held = a_delivery(session, state=DeliveryState.HELD, next_attempt_at=None).id
    session.commit()
    operator.goto(f"{site}/queue")
    retry = operator.get_by_role("button", name="Retry now…")
    expect(retry).to_be_disabled()

    for delivery in (mail.id, held):
        operator.locator(f"#delivery-{delivery}").get_by_role("checkbox").check()
    retry.click()
    question = operator.get_by_role("dialog", name="Retry now?")
    expect(question).to_contain_text("2 selected")
    question.get_by_role("button", name="Retry now").click()

    expect(operator.get_by_text("2 mails are tried again now.")).to_be_visible()
    expect(operator.locator(f"#delivery-{held}")).to_contain_text("Queued")
    expect(operator.get_by_text("None selected")).to_be_visible()


def test_deleting_asks_once_with_the_number(operator, site, mail, session):
    operator.goto(f"{site}/queue")
    operator.get_by_label("This page").check()

    operator.get_by_role("button", name="Delete…").click()
    question = operator.get_by_role("dialog", name="Delete mails?")
    expect(question).to_contain_text("2 selected")
    assert_accessible(operator)
    question.get_by_role("button", name="Delete").click()

    expect(operator.get_by_text("2 mails are deleted.")).to_be_visible()
    expect(operator.get_by_text("Nothing is waiting")).to_be_visible()
    expect(question).to_be_hidden()


def test_all_that_match_are_cancelled(operator, site, session):
    a_crowd(session, 1000)
    waiting = session.query(Delivery).filter_by(state=DeliveryState.HELD).count()
    session.commit()
    operator.goto(f"{site}/queue?state=held")

    operator.get_by_label("All that match").check()
    operator.get_by_role("button", name="Cancel sending…").click()
    operator.get_by_role("dialog").get_by_role("button", name="Cancel sending").click()

    expect(operator.get_by_text(f"{waiting} mails are cancelled.")).to_be_visible()
    expect(operator.get_by_text("No waiting mail matches")).to_be_visible()


def test_without_script_the_queue_works_as_plain_forms(plain, site, mail):
    plain.goto(f"{site}/queue?stream=system")
    plain.locator(f"#delivery-{mail.id}").get_by_role("checkbox").check()
    plain.get_by_role("button", name="Retry now…").click()
    plain.get_by_role("dialog").get_by_role("button", name="Retry now").click()

    expect(plain.get_by_text("1 mail is tried again now.")).to_be_visible()
    assert plain.url == f"{site}/queue?stream=system"


def test_mail_tells_its_story_while_it_happens(operator, site, mail, session):
    operator.goto(f"{site}/messages/{mail.message_id}")
    expect(operator.get_by_text("Not sent yet.")).to_be_visible()
    expect(operator.get_by_text("skipped: its allowance is used up")).to_be_visible()

    an_attempt(session, mail, status=AttemptStatus.SUCCESS, rule="accepted", said="250 Taken as 7")
    mail.state, mail.ended_at = DeliveryState.SENT, NOON
    session.commit()

    expect(operator.get_by_text("The recipient's server has not reported yet.")).to_be_visible()
    expect(operator.locator(".story").get_by_text("250 Taken as 7")).to_be_visible()
    assert operator.locator("[data-autorefresh]").count() == 0

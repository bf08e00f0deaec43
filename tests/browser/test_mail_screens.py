"""One mail in a real browser: what was said, and sending it once more."""

import pytest
from playwright.sync_api import expect

from panel.domain.delivery import DeliveryState
from panel.storage.models import Transcript
from tests.factories.mail import a_delivery, an_attempt
from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAID = "S: 220 mx.test <script>window.broken = 1</script>\nC: EHLO us.test\n-: content 1830"


@pytest.fixture
def failed(session):
    """A mail that was refused, with what was said."""
    delivery = a_delivery(session, state=DeliveryState.FAILED, next_attempt_at=None)
    attempt = an_attempt(session, delivery)
    session.add(Transcript(delivery_id=delivery.id, number=attempt.number, said=SAID))
    session.commit()
    return delivery


@in_every_look
def test_what_was_said_comes_when_its_fold_is_opened(operator, site, failed):
    operator.goto(f"{site}/messages/{failed.message_id}")

    operator.get_by_text("What was said", exact=True).click()

    talk = operator.locator(".talk")
    expect(talk).to_contain_text("EHLO us.test")
    expect(talk).to_contain_text("(the mail itself, 1830 octets)")
    assert operator.evaluate("window.broken") is None
    assert_accessible(operator)
    assert_fits(operator)


def test_mail_is_found_and_sent_once_more_without_script(plain, site, failed):
    plain.goto(site)
    plain.get_by_role("searchbox", name="Find a mail").fill("lena@")
    plain.keyboard.press("Enter")
    plain.get_by_role("link", name="lena@contoso.test").click()
    plain.get_by_text("Send once more, as a new mail").click()
    plain.get_by_role("button", name="Send once more").click()

    expect(plain.get_by_text("Sent once more. This is the new mail.")).to_be_visible()
    plain.get_by_role("link", name="the mail before it").click()
    expect(plain.locator("#repeat-1")).to_contain_text("the new mail")

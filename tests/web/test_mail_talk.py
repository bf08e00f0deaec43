"""What was said during an attempt: on its own page, in the fold, in the ticket, and for whom."""

import pytest

from panel.domain.permission import Role
from panel.storage.models import Transcript
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.people import a_partner, a_user
from tests.factories.providers import a_provider

SAID = "S: 220 mx.test\n-: encrypted\nC: RCPT TO:<lena@contoso.test>\nS: 550 5.1.1 <b>no</b>"


def a_failed_mail(session, *, partner_id=None, provider=None, rule="recipient_unknown"):
    provider = provider or a_provider(session, name="mailgun-eu")
    delivery = a_delivery(session, a_message(session, partner_id=partner_id))
    attempt = an_attempt(
        session, delivery, provider_id=provider.id, provider_name=provider.name, rule=rule
    )
    session.add(Transcript(delivery_id=delivery.id, number=attempt.number, said=SAID))
    session.commit()
    return delivery


def talk(delivery) -> str:
    return f"/messages/{delivery.message_id}/deliveries/{delivery.id}/talks/1"


@pytest.fixture
def support(session, sign_in):
    return sign_in(a_user(session, Role.SUPPORT))


def test_support_reads_what_was_said_as_text(session, support):
    delivery = a_failed_mail(session)

    page = support.get(talk(delivery)).text

    assert "RCPT TO:&lt;lena@contoso.test&gt;" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "encrypted from here on" in page


def test_fold_gets_the_lines_alone(session, support):
    delivery = a_failed_mail(session)

    fragment = support.get(talk(delivery), headers={"HX-Request": "true"}).text

    assert fragment.lstrip().startswith("<ol")
    assert talk(delivery) in support.get(f"/messages/{delivery.message_id}").text


def test_ticket_has_it_on_demand_only(session, support):
    delivery = a_failed_mail(session)
    path = f"/messages/{delivery.message_id}"

    assert "S: 550 5.1.1" not in support.get(path).text
    assert "    S: 550 5.1.1" in support.get(f"{path}?said=1").text


def test_attempt_without_one_has_no_fold_and_no_page(session, support):
    delivery = a_delivery(session)
    an_attempt(session, delivery)
    session.commit()

    assert support.get(talk(delivery)).status_code == 404
    assert "talk-place" not in support.get(f"/messages/{delivery.message_id}").text


@pytest.mark.parametrize(
    ("is_own", "rule", "status"),
    [
        (True, "recipient_unknown", 200),
        (True, "unreachable", 404),
        (False, "recipient_unknown", 404),
    ],
)
def test_partner_admins_read_of_their_own_servers_only(session, sign_in, is_own, rule, status):
    partner = a_partner(session)
    provider = a_provider(session, name="theirs", partner_id=partner.id if is_own else None)
    delivery = a_failed_mail(session, partner_id=partner.id, provider=provider, rule=rule)
    client = sign_in(a_user(session, Role.PARTNER_ADMIN, partner_id=partner.id))

    assert client.get(talk(delivery)).status_code == status
    page = client.get(f"/messages/{delivery.message_id}?said=1").text
    assert ("talk-place" in page) is (status == 200)
    assert ("S: 550" in page) is (status == 200)

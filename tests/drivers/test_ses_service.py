"""Amazon SES: the calls of the driver at moto's implementation of the service."""

import asyncio
from email import message_from_string

import pytest
from botocore.session import get_session
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from panel.domain.outcome import Outcome
from panel.drivers.contract import Account, Parcel
from panel.drivers.http.driver import ApiDriver
from panel.drivers.ses import VENDOR
from tests.drivers.smtp.accounts import opened
from tests.drivers.vendors.samples import ANNA, KEY, a_parcel, an_account

HOUSE, HIDDEN = "post@house.test", "hidden@there.test"
REGION = "eu-central-1"


@pytest.fixture(scope="module")
def service():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def aws(service):
    """The vendor's own client, for what an operator does at Amazon."""
    ses_backends.reset()
    return get_session().create_client(
        "sesv2",
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{service}",
        aws_access_key_id="AKIA0TESTS0TESTS0KEY",
        aws_secret_access_key=KEY,
    )


def sent(parcel: Parcel, account: Account) -> Outcome:
    async def run() -> tuple[Outcome, ...]:
        connection = await ApiDriver(VENDOR).connect(account)
        assert not isinstance(connection, Outcome)
        outcomes = await connection.send(parcel, opened)
        await connection.close()
        return outcomes

    first, *others = asyncio.run(run())
    assert all(other == first for other in others)
    return first


def test_mail_of_a_verified_sender_is_taken_for_its_whole_envelope(aws, service):
    aws.create_email_identity(EmailIdentity=HOUSE)

    outcome = sent(a_parcel(ANNA, HIDDEN), an_account(VENDOR, service))

    (kept,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    assert outcome.is_sent
    assert outcome.provider_reference == kept.id
    assert {ANNA, HIDDEN} <= {*kept.destinations}
    assert message_from_string(kept.raw_data)["Message-ID"] == "<01ABC@house.test>"


def test_mail_of_another_sender_is_refused_with_the_words_of_the_service(aws, service):
    outcome = sent(a_parcel(), an_account(VENDOR, service))

    assert not outcome.is_sent
    assert outcome.rule == "api_content_refused"
    assert "Did not have authority to send from email post@house.test" in outcome.said

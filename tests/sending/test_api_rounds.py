"""A mail's round over mail APIs: the same promises as by SMTP, with a real server."""

from datetime import timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState, Phase, Stream
from panel.domain.provider import ConnectionIdentity, Encryption, ProviderType
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending.direct import hand_over
from panel.storage.models import ProviderHealth
from tests.drivers.vendors.samples import KEY
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.fakes.http_server import Act, Given, HttpServer
from tests.sending.surroundings import LOOPBACK, a_roster, a_snapshot, state, tried
from tests.storage.queue.holding import log_of

TAKEN = b'{"ErrorCode":0,"Message":"OK","MessageID":"b7bc2f4a"}'


@pytest.fixture
def api():
    """A server that takes every mail as Postmark does."""
    with HttpServer() as server:
        server.answer = lambda _: Given(200, TAKEN)
        yield server


@pytest.fixture
def postmark(session, vault, api):
    """An active provider there."""
    return a_provider(
        session,
        vault=vault,
        password=KEY,
        type=ProviderType.API_SMTP,
        driver="postmark",
        port=api.port,
        settings={"base_url": f"http://127.0.0.1:{api.port}/v9"},
        name="postmark",
    )


def test_mail_is_sent_and_its_attempt_tells_the_providers_id(session, api, postmark, mail, rounds):
    identifier = mail("anna@there.test")

    rounds()

    assert state(session, identifier) is DeliveryState.SENT
    (attempt,) = log_of(session, identifier)
    assert (attempt.rule, attempt.provider_reference) == ("api_accepted", "b7bc2f4a")
    assert attempt.phase is Phase.DONE
    (asked,) = api.asked
    assert asked.path == "/v9/email"
    assert asked.headers["x-postmark-server-token"] == KEY


def test_recipients_of_a_mail_leave_in_one_call_and_end_each_on_its_own(
    session, api, postmark, mail, rounds
):
    refused = b'{"ErrorCode":0,"MessageID":"1","Message":"Message OK, but will not deliver to these'
    refused += b' inactive addresses: cem@there.test."}'
    api.answer = lambda _: Given(200, refused)
    first = mail("anna@there.test", "cem@there.test")

    rounds()

    # Nobody of them stands in the To of this mail, so that each has a call of its own.
    assert state(session, first) is DeliveryState.SENT
    assert state(session, first + 1) is DeliveryState.FAILED


def test_refused_rate_moves_the_mail_and_opens_the_breaker_for_so_long(
    session, smtp_server, api, postmark, mail, rounds, clock
):
    api.answer = lambda _: Given(429, headers={"Retry-After": "700"})
    a_provider(session, port=smtp_server.port, name="second")
    identifier = mail()

    rounds()

    assert tried(session, identifier) == [("postmark", "api_rate_limited"), ("second", "accepted")]
    health = session.get_one(ProviderHealth, postmark.id)
    assert health.state is BreakerState.OPEN
    assert health.retry_at - clock > timedelta(seconds=690)


def test_lost_answer_is_in_doubt_and_asked_of_nobody_else(
    session, smtp_server, api, postmark, mail, rounds
):
    api.answer = lambda _: Given(act=Act.CUT_AFTER_BODY)
    a_provider(session, port=smtp_server.port, name="second")
    identifier = mail()

    rounds()

    assert state(session, identifier) is DeliveryState.UNCONFIRMED
    (attempt,) = log_of(session, identifier)
    assert attempt.handed_over_at is not None
    assert smtp_server.mails == []


def test_wrong_key_puts_the_provider_aside_and_moves_the_mail(
    session, smtp_server, api, postmark, mail, rounds
):
    api.answer = lambda _: Given(401, b'{"ErrorCode":10,"Message":"Bad token"}')
    a_provider(session, port=smtp_server.port, name="second")
    identifier = mail()

    rounds()

    assert state(session, identifier) is DeliveryState.SENT
    assert session.get_one(ProviderHealth, postmark.id).state is BreakerState.DISABLED


def test_mail_that_the_api_cannot_carry_goes_to_one_that_can(
    session, smtp_server, api, postmark, mail, rounds
):
    a_provider(session, port=smtp_server.port, name="second")
    header = b"From: post@house.test\r\nContent-Type: multipart/signed; boundary=b\r\n"
    identifier = mail(message={"header": header})

    rounds()

    assert tried(session, identifier) == [("postmark", "api_cannot_carry"), ("second", "accepted")]
    assert api.asked == []


def test_provider_that_says_its_allowance_is_used_up_is_passed_over_until_then(
    session, vault, postmark, clock
):
    session.commit()
    roster = a_roster(a_snapshot(session, vault))
    until = clock + timedelta(seconds=9)
    assert roster.is_steady(postmark.id)

    roster.pause(postmark.id, until=until)

    assert not roster.is_steady(postmark.id)
    assert roster.free_again_at(postmark.id, now=clock) == until
    assert not roster.candidate(postmark.id, now=clock).is_within_budget
    assert roster.candidate(postmark.id, now=until).is_within_budget
    assert roster.is_steady(postmark.id)


def test_test_mail_is_handed_over_at_once_by_the_same_driver(api):
    place = (("base_url", f"http://127.0.0.1:{api.port}"),)
    identity = ConnectionIdentity(
        "postmark", "127.0.0.1", api.port, Encryption.NONE, True, "", settings=place
    )
    submission = Submission(
        stream=Stream.SYSTEM,
        sender=Mailbox("post@house.test"),
        to=(Mailbox("anna@there.test"),),
        subject="Your code",
        text="123",
        source="test",
    )

    outcome = hand_over(
        submission, message_id="01J", date=NOON, identity=identity, secret=KEY, egress=LOOPBACK
    )

    assert (outcome.rule, outcome.provider_reference) == ("api_accepted", "b7bc2f4a")
    assert api.asked[0].json["To"] == "anna@there.test"


@pytest.mark.parametrize("stream", Stream)
def test_crm_gateway_gets_crm_mail_and_no_other(session, vault, api, mail, rounds, stream):
    api.answer = lambda _: Given(202, b'{"id": 12}')
    a_provider(
        session,
        vault=vault,
        password=KEY,
        type=ProviderType.CRM_API_SMTP,
        driver="json_gateway",
        port=api.port,
        settings={
            "base_url": f"http://127.0.0.1:{api.port}",
            "path": "/api/messages",
            "headers": '{"X-Key": "{{secret}}"}',
            "body": '{"from": "{{from}}", "to": ["{{recipients.email}}"], "text": "{{text}}",'
            ' "html": "{{html}}", "subject": "{{subject}}", "h": ["{{header.value}}"]}',
        },
        name="crm",
    )
    identifier = mail("anna@there.test", message={"stream": stream})

    rounds()

    is_crm = stream is Stream.CRM
    assert (state(session, identifier) is DeliveryState.SENT) is is_crm
    assert [asked.json["to"] for asked in api.asked] == [["anna@there.test"]] * is_crm
    assert [asked.headers["x-key"] for asked in api.asked] == [KEY] * is_crm

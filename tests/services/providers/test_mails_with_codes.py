"""Test mails go through one provider, and their code shows once that they arrived."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.outcome import Stage
from panel.services.confirmations import WrongCode, confirm
from panel.services.provider_activation import set_active
from panel.services.refusals import Conflict, Invalid, NotAllowed, NotFound, Refusal, TooMany
from panel.services.test_mails import HIDDEN, Letter, send_test_mail
from panel.storage.database import session_for
from panel.storage.models import (
    Attempt,
    AuditEvent,
    Confirmation,
    Content,
    Delivery,
    Message,
    Provider,
)
from tests.factories.provider_forms import OPERATOR, SECRET, SUPPORT
from tests.factories.providers import a_provider

TO = "kim@contoso.test"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET}, mechanisms=("PLAIN",))


@pytest.fixture
def provider(session, vault, server):
    made = a_provider(
        session,
        vault=vault,
        password=SECRET,
        username="kim",
        port=server.port,
        verified=False,
        is_active=False,
    )
    session.commit()
    return made


@pytest.fixture
def send(session, installation, provider):
    def send(to=TO, *, actor=OPERATOR, now=None):
        return send_test_mail(
            session,
            actor,
            provider_id=provider.id,
            to=to,
            write=lambda name, code: Letter(f"Test of {name}", f"Code: {code}", f"<b>{code}</b>"),
            installation=installation,
            now=now or datetime.now(UTC),
        )

    return send


@pytest.fixture
def type_in(session, provider):
    def type_in(code, *, now=None, session=session):
        now = now or datetime.now(UTC)
        return confirm(session, OPERATOR, provider_id=provider.id, code=code, now=now)

    return type_in


def code_in(mail) -> str:
    found = re.search(rb"Code: ([A-Z0-9]{4}-[A-Z0-9]{4})", mail.content)
    assert found is not None
    return found.group(1).decode()


def present(session, provider):
    session.expire_all()
    return session.get_one(Provider, provider.id)


def test_the_code_arrives_through_the_provider_and_confirms_it(
    send, type_in, server, session, provider
):
    sent = send()
    (mail,) = server.mails
    assert sent.is_taken
    assert mail.recipients == (TO,)
    assert not present(session, provider).is_confirmed

    type_in(code_in(mail).lower())

    found = present(session, provider)
    assert found.is_confirmed
    assert found.is_verified
    assert (found.confirmed_by, found.confirmed_to) == (OPERATOR.name, TO)
    assert found.confirmed_after_s is not None


def test_a_provider_that_took_a_test_mail_can_be_activated(send, session, provider):
    send()

    now = datetime.now(UTC)
    assert set_active(session, OPERATOR, provider_id=provider.id, is_active=True, now=now).is_active


def test_the_mail_stands_in_the_log_without_its_code(send, server, session):
    send()
    code = code_in(server.mails[0])

    delivery = session.scalars(select(Delivery)).one()
    attempt = session.scalars(select(Attempt)).one()
    message = session.scalars(select(Message)).one()
    body = session.scalars(select(Content)).one().body
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.SENT, None)
    assert (attempt.status, attempt.delivery_id) == (AttemptStatus.SUCCESS, delivery.id)
    assert message.source == "test"
    assert f"Message-ID: {message.rfc_message_id}".encode() in server.mails[0].content
    kept = [body, message.header, *(row.code_hash.encode() for row in _codes(session))]
    told = [str(event.after).encode() for event in session.scalars(select(AuditEvent))]
    assert not [text for text in (*kept, *told) if code.encode() in text]
    assert HIDDEN


def _codes(session):
    return session.scalars(select(Confirmation)).all()


def test_a_refused_mail_tells_why_and_no_code_waits(send, type_in, server, session, provider):
    server.refuse_login()

    sent = send()

    assert not sent.is_taken
    assert sent.outcome.stage is Stage.AUTH
    assert session.scalars(select(Attempt)).one().status is AttemptStatus.FAIL
    assert session.scalars(select(Delivery)).one().state is DeliveryState.FAILED
    with pytest.raises(Conflict, match="Send a test mail first"):
        type_in("ABCD-EFGH")
    assert not present(session, provider).is_verified


def test_a_code_works_once(send, type_in, server):
    send()
    code = code_in(server.mails[0])
    type_in(code)

    with pytest.raises(Conflict, match="used already"):
        type_in(code)


def test_a_code_of_an_earlier_mail_is_worthless(send, type_in, server):
    send()
    send()

    with pytest.raises(WrongCode):
        type_in(code_in(server.mails[0]))
    type_in(code_in(server.mails[1]))


def test_after_five_wrong_codes_the_right_one_comes_too_late(send, type_in, server):
    send()
    left = []
    for _ in range(5):
        with pytest.raises(WrongCode) as refusal:
            type_in("AAAA-AAAA")
        left.append(refusal.value.tries_left)

    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(Conflict, match="mistyped five times"):
        type_in(code_in(server.mails[0]))


def test_a_code_lives_ten_minutes(send, type_in, server):
    send()

    with pytest.raises(Conflict, match="older than ten minutes"):
        type_in(code_in(server.mails[0]), now=datetime.now(UTC) + 11 * MINUTE)


def test_a_changed_connection_ends_the_code_and_what_was_confirmed(
    send, type_in, server, session, provider
):
    send()
    type_in(code_in(server.mails[0]))
    send()
    present(session, provider).host = "localhost"
    session.commit()

    assert not present(session, provider).is_confirmed
    session.commit()
    with pytest.raises(Conflict, match="has been changed"):
        type_in(code_in(server.mails[1]))


@pytest.mark.parametrize("to", ["", "nobody", "a@b\r\nBcc: c@d.test", "two@a.test, b@c.test"])
def test_a_wrong_address_sends_nothing(send, server, to):
    with pytest.raises(Invalid) as refusal:
        send(to)

    assert "to" in refusal.value.errors
    assert not server.mails


def test_a_person_sends_five_mails_a_minute_at_most(send, server):
    now = datetime.now(UTC)
    for _ in range(5):
        send(now=now)

    with pytest.raises(TooMany):
        send(now=now)
    assert len(server.mails) == 5


def test_support_may_not(send, server):
    with pytest.raises(NotAllowed):
        send(actor=SUPPORT)

    assert not server.mails


def test_a_provider_that_is_gone_is_not_there(session, installation):
    with pytest.raises(NotFound):
        confirm(session, OPERATOR, provider_id=4711, code="A", now=datetime.now(UTC))


def test_of_two_codes_at_once_one_confirms(send, server, engine, session, provider):
    send()
    code = code_in(server.mails[0])
    session.commit()
    answers: list[str] = []

    def type_in_elsewhere():
        with session_for(engine) as own:
            try:
                confirm(own, OPERATOR, provider_id=provider_id, code=code, now=datetime.now(UTC))
                answers.append("confirmed")
            except Refusal as refusal:
                answers.append(type(refusal).__name__)

    provider_id = provider.id
    session.commit()
    people = [threading.Thread(target=type_in_elsewhere) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(20)

    assert sorted(answers) == ["Conflict", "Conflict", "Conflict", "confirmed"]

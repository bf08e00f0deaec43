"""The driver against aiosmtpd, a server that knows nothing of us."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from panel.domain.outcome import Move
from panel.domain.provider import Encryption
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import an_account, refusal, send, try_out
from tests.drivers.smtp.dialogue import a_parcel
from tests.fakes.smtp_certificates import Certificate, server_context
from tests.kit.ports import free_port

SMTPUTF8_MAIL = a_parcel(
    "jürgen@bücher.example",
    reverse_path="zoë@example.org",
    header="Subject: Grüße\r\n".encode(),
    body="Schöne Grüße\r\n.\r\n".encode(),
)


class Mailbox:
    """Takes every mail but those to `nobody`."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802 - the library's names and order
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.mails.append(envelope)
        return "250 2.0.0 taken as A1"


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and given == LoginPassword(b"tim", b"tanstaaf")
    return AuthResult(success=is_right, handled=False)


@contextmanager
def aiosmtpd(**settings: Any) -> Iterator[tuple[Mailbox, int]]:
    """A running server and what it took."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    mailbox, port = Mailbox(), free_port()
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": port, "enable_SMTPUTF8": True}
    controller = Controller(mailbox, **(options | settings))
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def test_mail_arrives(driver: SmtpDriver):
    with aiosmtpd() as (mailbox, port):
        outcomes = send(driver, an_account(port), a_parcel("kim@x.test", "nobody@x.test"))

    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.FAIL]
    assert mailbox.mails[0].original_content == b"Subject: Hello\r\n\r\nGood day.\r\n"
    assert mailbox.mails[0].rcpt_tos == ["kim@x.test"]


def test_connection_is_reused_after_a_refusal(driver: SmtpDriver):
    with aiosmtpd() as (mailbox, port):
        outcomes = send(driver, an_account(port), a_parcel(), a_parcel("nobody@x.test"), a_parcel())

    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.FAIL, Move.SENT]
    assert len(mailbox.mails) == 2


def test_letters_beyond_ascii_arrive(driver: SmtpDriver):
    with aiosmtpd() as (mailbox, port):
        (outcome,) = send(driver, an_account(port), SMTPUTF8_MAIL)

    assert outcome.is_sent
    (mail,) = mailbox.mails
    assert mail.mail_from == "zoë@example.org"
    assert mail.rcpt_tos == ["jürgen@bücher.example"]
    assert mail.original_content == "Subject: Grüße\r\n\r\nSchöne Grüße\r\n.\r\n".encode()


def test_letters_beyond_ascii_are_not_sent_where_they_are_not_understood(driver: SmtpDriver):
    with aiosmtpd(enable_SMTPUTF8=False, decode_data=False) as (mailbox, port):
        (outcome,) = send(driver, an_account(port), SMTPUTF8_MAIL)

    assert outcome.rule == "smtputf8_missing"
    assert mailbox.mails == []


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.SSL])
@pytest.mark.parametrize("excluded", [["PLAIN"], ["LOGIN"]])
def test_login_over_tls(driver: SmtpDriver, encryption: Encryption, excluded: list[str]):
    context = server_context(Certificate.GOOD)
    is_implicit = encryption is Encryption.SSL
    tls = {"ssl_context": context} if is_implicit else {"tls_context": context}
    options = {
        "authenticator": authenticate,
        "auth_require_tls": not is_implicit,
        "auth_exclude_mechanism": excluded,
    }
    with aiosmtpd(**tls, **options) as (mailbox, port):
        account = an_account(port, encryption=encryption, username="tim", secret="tanstaaf")
        (outcome,) = send(driver, account, a_parcel())
        wrong = an_account(port, encryption=encryption, username="tim", secret="wrong")
        refused = refusal(driver, wrong)

    assert outcome.is_sent
    assert len(mailbox.mails) == 1
    assert refused.rule == "login_refused"


def test_live_test_passes(driver: SmtpDriver):
    with aiosmtpd(tls_context=server_context(Certificate.GOOD)) as (_, port):
        test, _ = try_out(driver, an_account(port, encryption=Encryption.TLS))

    assert test.ok
    assert "8BITMIME" in test.extensions


def test_announced_size_is_respected(driver: SmtpDriver):
    with aiosmtpd(data_size_limit=1000) as (mailbox, port):
        (outcome,) = send(driver, an_account(port), a_parcel(body=b"x" * 990 + b"\r\n"))

    assert outcome.rule == "too_large_announced"
    assert mailbox.mails == []

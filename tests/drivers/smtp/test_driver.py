"""Opening a connection: every way in, every way it goes wrong, and no password in clear text."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from panel.domain.outcome import Effect, Fault, Move, Stage
from panel.domain.provider import Encryption
from panel.drivers.egress import EgressPolicy
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import QUICK, an_account, refusal, send
from tests.drivers.smtp.dialogue import a_parcel
from tests.fakes.smtp_certificates import Certificate

USERS = {"tim": "tanstaaf"}
LOGIN = {"username": "tim", "secret": "tanstaaf"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("encryption", list(Encryption))
def test_every_login_over_every_encryption(
    driver: SmtpDriver, make_smtp_server, mechanism: str, encryption: Encryption
):
    server = make_smtp_server(
        users=USERS,
        mechanisms=(mechanism,),
        starttls=encryption is Encryption.TLS,
        implicit_tls=encryption is Encryption.SSL,
        login_needs_tls=encryption is Encryption.TLS,
    )

    (outcome,) = send(driver, an_account(server.port, encryption=encryption, **LOGIN), a_parcel())

    assert outcome.is_sent
    (mail,) = server.mails
    assert (mail.user, mail.has_tls) == ("tim", encryption is not Encryption.NONE)


def test_large_mail_over_tls_arrives_whole(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(starttls=True)
    body = (b"y" * 998 + b"\r\n") * 3000

    (outcome,) = send(
        driver, an_account(server.port, encryption=Encryption.TLS), a_parcel(body=body)
    )

    assert outcome.is_sent
    assert server.mails[0].content.endswith(body)


def test_client_gives_its_name_and_a_bad_name_is_replaced(driver: SmtpDriver, smtp_server):
    for name in ("mail.example.org", "[192.0.2.1]", "evil\r\nRSET", ""):
        send(driver, an_account(smtp_server.port, client_name=name), a_parcel())

    said = [command.line for command in smtp_server.commands if command.verb == "EHLO"]
    assert said == ["EHLO mail.example.org", "EHLO [192.0.2.1]", "EHLO localhost", "EHLO localhost"]


def test_next_mechanism_is_tried_when_the_first_is_not_known_after_all(
    driver: SmtpDriver, make_smtp_server
):
    server = make_smtp_server(users=USERS, mechanisms=("LOGIN",), extra=("AUTH PLAIN LOGIN",))

    (outcome,) = send(driver, an_account(server.port, **LOGIN), a_parcel())

    assert outcome.is_sent


def test_refused_password_is_not_tried_again_with_another_mechanism(
    driver: SmtpDriver, make_smtp_server
):
    """Many servers lock an account after a few tries."""
    server = make_smtp_server(users=USERS)

    outcome = refusal(driver, an_account(server.port, username="tim", secret="wrong"))

    assert (outcome.rule, outcome.effect) == ("login_refused", Effect.DISABLE)
    server.wait_for_command("CLOSED")
    assert server.verbs.count("AUTH") == 1
    assert server.verbs[-2:] == ["QUIT", "CLOSED"]


def test_helo_serves_where_nothing_depends_on_extensions(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(has_ehlo=False, size=None)

    (outcome,) = send(driver, an_account(server.port), a_parcel())

    assert outcome.is_sent
    assert server.verbs[:3] == ["CONNECT", "EHLO", "HELO"]


@pytest.mark.parametrize("fields", [LOGIN, {"encryption": Encryption.TLS}])
def test_helo_is_not_tried_where_login_or_tls_is_needed(
    driver: SmtpDriver, make_smtp_server, fields: dict[str, object]
):
    server = make_smtp_server(has_ehlo=False)

    outcome = refusal(driver, an_account(server.port, **fields))

    assert outcome.rule == "greeting_refused"
    assert "HELO" not in server.verbs


@pytest.mark.parametrize(
    ("features", "fields", "rule"),
    [
        ({}, {"encryption": Encryption.TLS, **LOGIN}, "starttls_missing"),
        ({}, LOGIN, "login_not_offered"),
        ({"users": USERS, "mechanisms": ("XOAUTH2",)}, LOGIN, "login_not_offered"),
        ({}, {"encryption": Encryption.SSL, **LOGIN}, "tls_failed"),
        ({"starttls": True}, {"encryption": Encryption.TLS, **LOGIN}, "login_not_offered"),
        (
            {"starttls": True, "certificate": Certificate.EXPIRED},
            {"encryption": Encryption.TLS, **LOGIN},
            "certificate_untrusted",
        ),
        (
            {"starttls": True, "certificate": Certificate.WRONG_NAME},
            {"encryption": Encryption.TLS, **LOGIN},
            "certificate_untrusted",
        ),
        (
            {"implicit_tls": True, "certificate": Certificate.UNTRUSTED},
            {"encryption": Encryption.SSL, **LOGIN},
            "certificate_untrusted",
        ),
    ],
)
def test_password_is_never_sent_when_settings_and_server_do_not_fit(
    driver: SmtpDriver,
    make_smtp_server,
    features: dict[str, object],
    fields: dict[str, object],
    rule: str,
):
    server = make_smtp_server(**features)

    outcome = refusal(driver, an_account(server.port, **fields))

    assert outcome.rule == rule
    server.wait_for_command("CLOSED")
    assert "AUTH" not in server.verbs
    assert "tanstaaf" not in repr(outcome)


def test_unverified_certificate_is_good_enough_when_verification_is_off(
    driver: SmtpDriver, make_smtp_server
):
    server = make_smtp_server(implicit_tls=True, certificate=Certificate.UNTRUSTED)
    account = an_account(server.port, encryption=Encryption.SSL, verify_certificate=False)

    (outcome,) = send(driver, account, a_parcel())

    assert outcome.is_sent


@pytest.mark.parametrize(
    ("stage", "line", "rule"),
    [
        ("banner", "554 5.7.1 no service", "turned_away"),
        ("banner", "421 4.3.2 too busy", "server_busy"),
        ("banner", "354 odd", "protocol_error"),
        ("ehlo", "421 4.3.2 too busy", "server_busy"),
        ("starttls", "454 4.7.0 TLS not available", "tls_failed"),
        ("starttls", "502 5.5.1 no", "starttls_refused"),
        ("auth", "454 4.7.0 temporary failure", "login_postponed"),
        ("auth", "535 5.7.8 bad", "login_refused"),
    ],
)
def test_refusal_is_judged_by_the_table(
    driver: SmtpDriver, make_smtp_server, stage: str, line: str, rule: str
):
    server = make_smtp_server(starttls=True, users=USERS)
    server.answers(stage, line)

    outcome = refusal(driver, an_account(server.port, encryption=Encryption.TLS, **LOGIN))

    assert (outcome.rule, outcome.said, outcome.move) == (rule, line, Move.NEXT)


@pytest.mark.parametrize("how", ["drop", "stall", "flood"])
@pytest.mark.parametrize("stage", [Stage.BANNER, Stage.EHLO, Stage.STARTTLS, Stage.TLS, Stage.AUTH])
def test_every_break_ends_by_its_deadline(
    driver: SmtpDriver, make_smtp_server, stage: Stage, how: str
):
    server = make_smtp_server(starttls=True, users=USERS)
    getattr(server, how)(stage)
    account = an_account(server.port, encryption=Encryption.TLS, timeouts=QUICK, **LOGIN)

    began = time.monotonic()
    outcome = refusal(driver, account)

    assert time.monotonic() - began < 5
    assert outcome.move is Move.NEXT
    assert outcome.detail
    server.wait_for_command("CLOSED")


@pytest.mark.parametrize("how", ["drop", "stall"])
def test_break_in_the_handshake_of_implicit_tls_ends_by_its_deadline(
    driver: SmtpDriver, make_smtp_server, how: str
):
    server = make_smtp_server(implicit_tls=True)
    getattr(server, how)(Stage.TLS)

    outcome = refusal(driver, an_account(server.port, encryption=Encryption.SSL, timeouts=QUICK))

    assert (outcome.stage, outcome.rule) == (Stage.TLS, "tls_failed")


def test_clear_text_behind_starttls_is_refused(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(starttls=True, users=USERS)
    server.answers("starttls", b"220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n")

    outcome = refusal(driver, an_account(server.port, encryption=Encryption.TLS, **LOGIN))

    assert outcome.rule == "starttls_injection"
    server.wait_for_command("CLOSED")
    assert "AUTH" not in server.verbs


def test_closed_port_and_forbidden_address_are_told_apart(driver: SmtpDriver, smtp_server):
    port = smtp_server.port
    public_only = an_account(port, egress=EgressPolicy.parse("public"))
    blocked = refusal(driver, public_only)
    smtp_server.stop()
    unreachable = refusal(driver, an_account(port, host="127.0.0.1"))

    assert (blocked.rule, blocked.stage) == ("address_blocked", Stage.RESOLVE)
    assert (unreachable.rule, unreachable.detail) == (
        "unreachable",
        "127.0.0.1: Connection refused",
    )
    assert smtp_server.connections == 0


@contextmanager
def talker(banner: bytes) -> Iterator[int]:
    """A server of some other kind: it says one thing and listens."""

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.sendall(banner)
            while client.recv(4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "banner",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        b"* OK IMAP4rev1 ready\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46\r\n",
        b"220-" + b"x" * 5000,
    ],
)
def test_server_of_another_kind_is_no_smtp_server(driver: SmtpDriver, banner: bytes):
    with talker(banner) as port:
        outcome = refusal(driver, an_account(port, timeouts=QUICK))

    assert (outcome.stage, outcome.fault) == (Stage.BANNER, Fault.PROTOCOL)

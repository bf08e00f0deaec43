"""TLS and login of the scripted SMTP server."""

import smtplib
import ssl

import pytest

from tests.fakes.smtp_certificates import Certificate, client_context
from tests.fakes.smtp_client import TEXT, client, send
from tests.fakes.smtp_server import SmtpServer


def test_starttls_protects_the_mail(make_smtp_server):
    server = make_smtp_server(starttls=True)
    with client(server) as smtp:
        smtp.starttls(context=client_context())
        assert "starttls" not in (smtp.ehlo() and smtp.esmtp_features)
        smtp.sendmail("me@example.org", ["kim@example.net"], TEXT)
        smtp.quit()

    assert server.mails[0].has_tls
    assert "TLS" in server.verbs


def test_implicit_tls_protects_the_mail(make_smtp_server):
    server = make_smtp_server(implicit_tls=True)
    with smtplib.SMTP_SSL(server.host, server.port, context=client_context(), timeout=5) as smtp:
        smtp.sendmail("me@example.org", ["kim@example.net"], TEXT)

    assert server.mails[0].has_tls


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (Certificate.EXPIRED, "expired"),
        (Certificate.WRONG_NAME, "not valid for|mismatch"),
        (Certificate.UNTRUSTED, "unable to get local issuer|self.signed"),
    ],
)
@pytest.mark.parametrize("implicit_tls", [True, False])
def test_bad_certificate_is_refused_by_a_careful_client(
    make_smtp_server, certificate, words, implicit_tls
):
    server = make_smtp_server(
        starttls=not implicit_tls, implicit_tls=implicit_tls, certificate=certificate
    )

    with pytest.raises(ssl.SSLCertVerificationError, match=words):
        connect_with_tls(server, implicit_tls=implicit_tls)
    server.wait_for_command("TLS-FAILED")


def connect_with_tls(server: SmtpServer, *, implicit_tls: bool) -> None:
    if implicit_tls:
        smtplib.SMTP_SSL(server.host, server.port, context=client_context(), timeout=5)
    else:
        with client(server) as smtp:
            smtp.starttls(context=client_context())


@pytest.mark.parametrize("implicit_tls", [True, False])
def test_handshake_can_be_dropped(make_smtp_server, implicit_tls):
    server = make_smtp_server(starttls=not implicit_tls, implicit_tls=implicit_tls)
    server.drop("tls")

    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect_with_tls(server, implicit_tls=implicit_tls)


def test_clear_text_can_follow_the_go_ahead_of_starttls(make_smtp_server):
    server = make_smtp_server(starttls=True)
    server.answers("starttls", "220 go\n250 injected")
    with client(server) as smtp:
        smtp.ehlo()

        assert smtp.docmd("STARTTLS") == (220, b"go")
        assert smtp.getreply() == (250, b"injected")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_right_password_logs_in(make_smtp_server, mechanism):
    server = make_smtp_server(users={"kim": "s3cret"}, mechanisms=(mechanism,))
    with client(server) as smtp:
        smtp.login("kim", "s3cret")
        smtp.sendmail("me@example.org", ["kim@example.net"], TEXT)

    assert server.mails[0].user == "kim"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_wrong_password_does_not(make_smtp_server, mechanism):
    server = make_smtp_server(users={"kim": "s3cret"}, mechanisms=(mechanism,))
    with client(server) as smtp, pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
        smtp.login("kim", "wrong")

    assert refusal.value.smtp_code == 535


def test_login_can_be_refused_needed_and_kept_for_tls(make_smtp_server):
    server = make_smtp_server(users={"kim": "s3cret"})
    shy = make_smtp_server(users={"kim": "s3cret"}, login_needs_tls=True, starttls=True)
    server.refuse_login()

    with client(server) as smtp, pytest.raises(smtplib.SMTPAuthenticationError):
        smtp.login("kim", "s3cret")
    with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
        send(server)
    with client(shy) as smtp:
        smtp.ehlo()
        assert smtp.docmd("AUTH", "PLAIN AGtpbQB4")[0] == 538

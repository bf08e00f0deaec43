"""Addresses steer the scripted SMTP server."""

import smtplib

import pytest

from tests.fakes.smtp_client import GONE, TEXT, client, send


def test_address_chooses_the_answer_to_its_rcpt(smtp_server):
    refused = send(smtp_server, "reply-550-5.1.1@example.net", "kim@example.net")

    code, text = refused["reply-550-5.1.1@example.net"]
    assert code == 550
    assert text.startswith(b"5.1.1 ")
    assert smtp_server.mails[0].recipients == ("kim@example.net",)


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("data-451@example.net", 451),
        ("final-451-4.3.0@example.net", 451),
        ("final-550-5.7.1+tag@example.net", 550),
        ("greylist-1@example.net", 451),
    ],
)
def test_address_chooses_a_refusal_of_the_content(smtp_server, recipient, code):
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        send(smtp_server, recipient)

    assert refusal.value.smtp_code == code
    assert smtp_server.mails == []


def test_reverse_path_chooses_the_answer_to_mail(smtp_server):
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        send(smtp_server, sender="mail-550-5.1.8@example.org")

    assert refusal.value.smtp_code == 550


def test_greylisting_lets_the_third_try_of_a_message_pass(smtp_server):
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError):
            send(smtp_server, "greylist-2@example.net")

    send(smtp_server, "greylist-2@example.net")

    assert len(smtp_server.mails) == 1
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_server, "greylist-2@example.net", text=TEXT.replace(b"<1@", b"<2@"))


def test_greylisting_at_rcpt_refuses_one_recipient_only(smtp_server):
    assert list(send(smtp_server, "greylist-rcpt-1@example.net", "kim@example.net")) == [
        "greylist-rcpt-1@example.net"
    ]

    assert send(smtp_server, "greylist-rcpt-1@example.net") == {}


def test_drop_before_the_dot_takes_nothing(smtp_server):
    with pytest.raises(GONE):
        send(smtp_server, "drop-before-dot@example.net", text=TEXT + b"x\r\n" * 3_000_000)

    smtp_server.wait_for_command("CLOSED")
    assert smtp_server.mails == []


def test_drop_after_the_dot_takes_the_mail_without_an_answer(smtp_server):
    with pytest.raises(GONE):
        send(smtp_server, "drop-after-dot@example.net")

    (mail,) = smtp_server.wait_for(1)
    assert not mail.is_answered


def test_stall_after_the_dot_takes_the_mail_and_stays_silent(smtp_server):
    with client(smtp_server) as smtp:
        smtp.ehlo()
        smtp.mail("me@example.org")
        smtp.rcpt("stall-after-dot@example.net")
        smtp.docmd("DATA")
        smtp.send(TEXT + b".\r\n")
        (mail,) = smtp_server.wait_for(1)

        assert not mail.is_answered
        assert is_silent(smtp)


def is_silent(smtp: smtplib.SMTP) -> bool:
    assert smtp.sock is not None
    smtp.sock.settimeout(0.2)
    try:
        return smtp.sock.recv(1) == b"never"
    except TimeoutError:
        return True


def test_slow_address_is_answered_late(smtp_server):
    send(smtp_server, "slow-50@example.net")

    mail = smtp_server.mails[0]
    quit_ = next(c for c in smtp_server.commands if c.verb == "QUIT")
    assert (quit_.at - mail.at).total_seconds() >= 0.05

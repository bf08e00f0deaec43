"""Content by BDAT against the scripted server, which may have offered it by mistake."""

import pytest

from panel.domain.outcome import Move
from panel.domain.provider import Encryption
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import an_account, relay, send
from tests.drivers.smtp.dialogue import a_parcel
from tests.drivers.smtp.test_chunks import LARGE, LINE


@pytest.mark.parametrize("size", [0, 10, 65_000, 70_000, 2_500_000])
def test_content_arrives_by_chunks_as_it_was_given(driver: SmtpDriver, make_smtp_server, size: int):
    server = make_smtp_server(chunking=True)
    body = (LINE * (size // len(LINE) + 1))[:size]
    body = b".\r\n..\r\n" + body
    parcel = a_parcel(body=body)

    outcomes = send(driver, an_account(server.port), parcel, parcel)

    end = b"" if body.endswith(b"\r\n") else b"\r\n"
    content = parcel.header + b"\r\n" + body + end
    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.SENT]
    assert [mail.content for mail in server.mails] == [content, content]
    assert "DATA" not in server.verbs


def test_refused_chunk_leaves_the_connection_for_the_next(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(chunking=True)
    server.answers("body", "552 5.3.4 Message too large", times=1)

    outcomes = relay(driver, an_account(server.port), LARGE, a_parcel("kim@example.net"))

    assert [outcome.rule for outcome in outcomes] == ["too_large", "accepted"]
    assert server.connections == 1
    assert len(server.mails) == 1


def test_break_inside_a_chunk_moves_the_mail(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(chunking=True)
    server.drop("body")

    (outcome,) = send(driver, an_account(server.port), LARGE)

    assert outcome.move is Move.NEXT
    assert server.mails == []


def test_content_is_never_said_to_a_server_that_does_not_know_bdat(
    driver: SmtpDriver, make_smtp_server
):
    """It would obey what stands in the mail."""
    server = make_smtp_server(chunking=True, knows_bdat=False)
    forged = a_parcel(
        body=b"RSET\r\nMAIL FROM:<forged@example.org>\r\nRCPT TO:<lee@example.net>\r\nDATA\r\n"
    )
    account = an_account(server.port)

    (first,) = send(driver, account, forged)
    (second,) = send(driver, account, forged)

    assert (first.move, second.move) == (Move.AGAIN, Move.SENT)
    assert [mail.reverse_path for mail in server.mails] == ["me@example.org"]
    assert server.verbs.count("BDAT") == 1


@pytest.mark.parametrize("chunking", [False, True])
def test_large_content_arrives_whole_over_tls(driver: SmtpDriver, make_smtp_server, chunking: bool):
    server = make_smtp_server(chunking=chunking, implicit_tls=True)
    body = b"." + LINE * 60_000
    account = an_account(server.port, encryption=Encryption.SSL)

    outcomes = relay(driver, account, a_parcel(body=body), a_parcel(body=body))

    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.SENT]
    assert [mail.content.endswith(b"\r\n\r\n" + body) for mail in server.mails] == [True, True]

"""The scripted SMTP server does as it is told and forgets nothing; smtplib is the client."""

import smtplib
import socket
from pathlib import Path

import pytest

from tests.fakes.smtp_client import GONE, TEXT, client, send
from tests.fakes.smtp_ledger import Ledger, Mail
from tests.fakes.smtp_server import SmtpServer


def test_mail_is_entered_as_it_was_sent(smtp_server):
    send(smtp_server, "kim@example.net", "lee@example.net")

    (mail,) = smtp_server.wait_for(1)

    assert mail.reverse_path == "me@example.org"
    assert mail.recipients == ("kim@example.net", "lee@example.net")
    assert mail.content == TEXT
    assert mail.message_id == "<1@example.org>"
    assert mail.parsed["Subject"] == "Hello"
    assert (mail.has_tls, mail.user, mail.connection, mail.is_answered) == (False, "", 1, True)


def test_commands_are_noted_with_their_connection(smtp_server):
    send(smtp_server)
    smtp_server.wait_for_command("CLOSED")

    assert smtp_server.verbs == ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "QUIT", "CLOSED"]
    assert {command.connection for command in smtp_server.commands} == {1}


def test_order_counts_so_many_times_and_heal_forgets_the_rest(smtp_server):
    smtp_server.answers("rcpt", "452 4.3.1 full", times=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_server)
    send(smtp_server)
    smtp_server.answers("mail", "451-4.3.0 not\n451 4.3.0 now")
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        send(smtp_server)
    smtp_server.heal()
    send(smtp_server)

    assert refusal.value.smtp_error == b"4.3.0 not\n4.3.0 now"
    assert len(smtp_server.mails) == 2


def test_421_ends_the_connection(smtp_server):
    smtp_server.answers("banner", "421 4.3.2 closing")

    with pytest.raises(smtplib.SMTPConnectError), client(smtp_server):
        pass
    smtp_server.wait_for_command("CLOSED")


def test_server_without_service_refuses_every_command(smtp_server):
    smtp_server.answers("banner", "554 no service")
    with socket.create_connection((smtp_server.host, smtp_server.port), 5) as raw:
        lines = raw.makefile("rb")
        assert lines.readline() == b"554 no service\r\n"
        raw.sendall(b"EHLO x\r\nQUIT\r\n")

        assert lines.readline().startswith(b"503 ")
        assert lines.readline().startswith(b"221 ")
        lines.close()


@pytest.mark.parametrize("stage", ["banner", "ehlo", "mail", "rcpt", "data", "body"])
def test_drop_ends_the_connection_at_its_stage(smtp_server, stage):
    smtp_server.drop(stage)

    with pytest.raises(GONE):
        send(smtp_server)
    assert smtp_server.mails == []


def test_premature_answer_comes_before_the_dot(smtp_server):
    smtp_server.answers("body", "552 5.3.4 enough")
    with client(smtp_server) as smtp:
        smtp.ehlo()
        smtp.mail("me@example.org")
        smtp.rcpt("kim@example.net")
        smtp.docmd("DATA")
        smtp.send(b"Subject: no dot yet\r\n")

        assert smtp.getreply() == (552, b"5.3.4 enough")
    smtp_server.wait_for_command("CLOSED")
    assert smtp_server.mails == []


@pytest.mark.parametrize("lines", [True, False])
def test_flood_goes_on_until_the_client_leaves(smtp_server, lines):
    smtp_server.flood("ehlo", lines=lines)
    with socket.create_connection((smtp_server.host, smtp_server.port), 5) as raw:
        raw.sendall(b"EHLO x\r\n")
        seen = b""
        while len(seen) < 1_000_000:
            seen += raw.recv(65536)

    smtp_server.wait_for_command("CLOSED")
    assert (seen.count(b"\n") > 1000) is lines


def test_stopped_server_refuses_and_comes_back_on_its_port(smtp_server):
    port = smtp_server.port
    with client(smtp_server) as idle:
        smtp_server.stop()
        with pytest.raises(GONE):
            idle.noop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp_server)

    smtp_server.start()
    send(smtp_server)

    assert smtp_server.port == port
    assert len(smtp_server.mails) == 1


def test_extensions_can_be_switched_off(make_smtp_server):
    server = make_smtp_server(
        pipelining=False, size=None, eightbit=False, smtputf8=False, extra=("X-ODD 1",)
    )
    with client(server) as smtp:
        smtp.ehlo()
        assert set(smtp.esmtp_features) == {"enhancedstatuscodes", "x-odd"}
        assert smtp.mail("me@example.org", ["BODY=8BITMIME"])[0] == 555
        assert smtp.mail("me@example.org", ["SIZE=12"])[0] == 555


def test_without_ehlo_there_is_helo(make_smtp_server):
    server = make_smtp_server(has_ehlo=False)

    send(server)

    assert server.verbs[:3] == ["CONNECT", "EHLO", "HELO"]


def test_size_is_enforced_as_announced_and_as_sent(make_smtp_server):
    server = make_smtp_server(size=100)
    with client(server) as smtp:
        smtp.ehlo()
        assert smtp.mail("me@example.org", ["SIZE=101"])[0] == 552
        with pytest.raises(smtplib.SMTPSenderRefused):
            smtp.sendmail("me@example.org", ["kim@example.net"], TEXT + b"x" * 100)
        smtp.mail("me@example.org")
        smtp.rcpt("kim@example.net")
        assert smtp.data(TEXT + b"x" * 100)[0] == 552


def test_bare_line_feed_is_refused(smtp_server):
    with client(smtp_server) as smtp:
        smtp.ehlo()
        smtp.mail("me@example.org")
        smtp.rcpt("kim@example.net")
        smtp.docmd("DATA")
        smtp.send(b"Subject: a\nb\r\n.\r\n")

        assert smtp.getreply()[0] == 550


def talk(server: SmtpServer, text: bytes, *, replies: int) -> list[bytes]:
    with (
        socket.create_connection((server.host, server.port), 5) as raw,
        raw.makefile("rb") as lines,
    ):
        assert lines.readline().startswith(b"220 ")
        raw.sendall(b"HELO x\r\n")
        assert lines.readline().startswith(b"250 ")
        raw.sendall(text)
        return [lines.readline()[:3] for _ in range(replies)]


BATCH = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"


def test_pipelined_batch_is_answered_in_order(smtp_server):
    assert talk(smtp_server, BATCH, replies=3) == [b"250", b"250", b"354"]


def test_pipelining_without_the_offer_is_refused(make_smtp_server):
    server = make_smtp_server(pipelining=False)

    assert talk(server, BATCH, replies=2) == [b"503", b""]


def test_chunks_make_a_mail(make_smtp_server):
    server = make_smtp_server(chunking=True)
    batch = BATCH.replace(b"DATA\r\n", b"BDAT 4\r\na: b") + b"BDAT 7 LAST\r\n\r\n\r\n.\r\n"

    assert talk(server, batch, replies=4) == [b"250"] * 4
    assert server.mails[0].content == b"a: b\r\n\r\n.\r\n"


def test_waiting_in_vain_tells_what_was_seen(smtp_server):
    send(smtp_server)

    with pytest.raises(AssertionError, match=r"No 2 mails within 0.01 s. 1 mails arrived.*quit"):
        smtp_server.wait_for(2, timeout_s=0.01)


class BrokenLedger(Ledger):
    def take(self, mail: Mail) -> None:
        raise ValueError(f"no room for {mail.message_id}")


def test_fault_of_the_server_itself_surfaces_in_the_test():
    server = SmtpServer(ledger=BrokenLedger())
    server.start()
    with pytest.raises(GONE):
        send(server)
    server.stop()

    with pytest.raises(AssertionError, match=r"no room for <1@example\.org>"):
        server.raise_errors()


def test_ledger_that_cannot_be_written_is_no_client_that_left():
    server = SmtpServer(ledger=Ledger(Path("/dev/full")))
    server.start()
    with pytest.raises(GONE):
        send(server)
    server.stop()
    server.ledger.close()

    with pytest.raises(AssertionError, match="ledger cannot be written"):
        server.raise_errors()

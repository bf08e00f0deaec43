"""Tests of tools.bench.sink and tools.bench.far_end."""

import json
import smtplib

import pytest

from tools.bench.far_end import far_end
from tools.bench.line import NotMeasured
from tools.bench.sink import Arrivals, Session

GREETING = b"250 sink.example\r\n"
ENVELOPE = b"MAIL FROM:<a@house.test>\r\nRCPT TO:<b@contoso.test>\r\nDATA\r\n"
CONTENT = b"Subject: x\r\n\r\nA line.\r\n..dots\r\n.\r\n"


@pytest.fixture
def arrivals() -> Arrivals:
    """What the session below has taken."""
    return Arrivals()


@pytest.fixture
def session(arrivals: Arrivals) -> Session:
    """A conversation that has just begun."""
    return Session(arrivals, GREETING)


def codes(replies: bytes) -> list[str]:
    """The reply codes, in their order."""
    return [line[:3].decode() for line in replies.splitlines()]


def test_pipelined_mails_are_counted_and_answered_one_by_one(session: Session, arrivals: Arrivals):
    replies = session.feed(ENVELOPE + CONTENT + ENVELOPE + CONTENT)

    assert codes(replies) == ["250", "250", "354", "250"] * 2
    assert len(arrivals.at_s) == 2


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_mail_is_counted_however_it_is_cut(session: Session, arrivals: Arrivals, size: int):
    whole = ENVELOPE + CONTENT + ENVELOPE + CONTENT + b"QUIT\r\n"

    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    replies = b"".join(session.feed(piece) for piece in pieces)

    assert codes(replies) == [*["250", "250", "354", "250"] * 2, "221"]
    assert len(arrivals.at_s) == 2


def test_empty_content_ends_with_the_dot_right_after_the_command(
    session: Session, arrivals: Arrivals
):
    assert codes(session.feed(ENVELOPE + b".\r\n")) == ["250", "250", "354", "250"]
    assert len(arrivals.at_s) == 1


def test_nothing_is_counted_before_the_final_dot(session: Session, arrivals: Arrivals):
    session.feed(ENVELOPE + CONTENT[:-1])

    assert len(arrivals.at_s) == 0


def test_stat_tells_what_came(session: Session):
    session.feed(ENVELOPE + CONTENT)

    stat = json.loads(session.feed(b"STAT\r\n"))

    assert stat["mails"] == 1
    assert stat["first_s"] == stat["last_s"] > 0


def send(port: int, mails: int) -> None:
    """Sends so many mails over one connection with a stock client."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        for _ in range(mails):
            client.sendmail("a@house.test", ["b@contoso.test"], "Subject: x\r\n\r\nHello\r\n")


def test_sink_process_counts_what_a_client_sends():
    with far_end() as sink:
        send(sink.port, 3)

        stat = sink.wait_for(3, timeout_s=10)
        arrived = sink.arrivals()

    assert stat.mails == len(arrived) == 3
    assert list(arrived) == sorted(arrived)
    assert (stat.first_s, stat.last_s) == (arrived[0], arrived[-1])


def test_sink_that_got_too_few_mails_or_too_many_is_not_measured():
    with far_end() as sink:
        send(sink.port, 1)

        with pytest.raises(NotMeasured, match="Only 1 of 2 mails"):
            sink.wait_for(2, timeout_s=0.1)
        send(sink.port, 1)
        with pytest.raises(NotMeasured, match="2 mails reached the sink instead of 1"):
            sink.settle(1)


def test_sink_with_a_delay_answers_each_reply_late_and_whole():
    with far_end(delay_ms=5) as sink:
        send(sink.port, 2)

        assert sink.settle(2).mails == 2


@pytest.mark.parametrize("has_pipelining", [True, False])
def test_sink_offers_pipelining_when_told_to(has_pipelining: bool):
    with (
        far_end(has_pipelining=has_pipelining) as sink,
        smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client,
    ):
        client.ehlo()

        assert client.has_extn("pipelining") is has_pipelining

"""Content by BDAT: what is said, when the gate is asked, and what a refused chunk leads to."""

import pytest

from panel.domain.outcome import Fault, Move, Outcome, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.conversation import AskGate, Deliver, Ended
from panel.drivers.smtp.transaction import transaction
from tests.drivers.smtp.dialogue import LOST, Dialogue, a_parcel

CHUNKING = ("PIPELINING", "SIZE", "8BITMIME", "CHUNKING")
LOCKSTEP = ("CHUNKING",)
LINE = b"x" * 76 + b"\r\n"
LARGE = a_parcel(body=LINE * 30_000)
"""Three chunks."""


def outcomes(dialogue: Dialogue) -> tuple[Outcome, ...]:
    assert dialogue.is_over
    assert isinstance(dialogue.result, tuple)
    return dialogue.result


def moves(dialogue: Dialogue) -> list[Move]:
    return [outcome.move for outcome in outcomes(dialogue)]


def used(offered: tuple[str, ...] = CHUNKING) -> Dialogue:
    """A connection over which a mail went by chunks."""
    dialogue = Dialogue(offered).send(a_parcel())
    for _ in range(4):
        dialogue.hear("250 ok")
    assert moves(dialogue) == [Move.SENT]
    dialogue.gates = 0
    return dialogue


def test_first_chunk_of_a_connection_is_one_octet():
    """To a server that offers CHUNKING and takes BDAT for nonsense it is no command."""
    dialogue = Dialogue(CHUNKING).send(a_parcel())
    assert dialogue.written.endswith(b"RCPT TO:<kim@example.net>\r\nBDAT 1\r\nS")

    dialogue.hear("250 ok", "250 ok", "250 1 octet")
    assert dialogue.written.endswith(b"BDAT 28 LAST\r\nubject: Hello\r\n\r\nGood day.\r\n")
    dialogue.hear("250 2.0.0 Ok: queued as 4XYZ")

    assert outcomes(dialogue)[0].provider_reference == "4XYZ"
    assert not dialogue.session.needs_reset


def test_content_waits_for_the_answers_to_the_envelope():
    dialogue = used().send(a_parcel())
    assert (
        dialogue.written == b"MAIL FROM:<me@example.org> SIZE=29\r\nRCPT TO:<kim@example.net>\r\n"
    )

    dialogue.hear("250 ok", "250 ok")

    assert dialogue.written.endswith(b"BDAT 29 LAST\r\nSubject: Hello\r\n\r\nGood day.\r\n")


def announcing(*answers: str) -> Dialogue:
    """A mail with the next one announced, and what the server says to both."""
    dialogue = used().send(a_parcel(), a_parcel("lee@example.net")).hear("250 ok", "250 ok")
    assert dialogue.written.endswith(
        b"Good day.\r\nMAIL FROM:<me@example.org> SIZE=29\r\nRCPT TO:<lee@example.net>\r\n"
    )
    return dialogue.hear(*answers)


def test_next_mail_is_announced_with_the_last_chunk():
    dialogue = announcing("250 one", "250 ok", "250 ok")
    assert moves(dialogue) == [Move.SENT]

    dialogue.take_up().hear("250 two")

    assert moves(dialogue) == [Move.SENT]
    assert dialogue.written == b"BDAT 29 LAST\r\nSubject: Hello\r\n\r\nGood day.\r\n"


def test_refused_content_leaves_the_announced_mail_alone():
    dialogue = announcing("554 5.6.0 bad", "250 ok", "250 ok")
    assert [outcome.said for outcome in outcomes(dialogue)] == ["554 5.6.0 bad"]

    dialogue.take_up().hear("250 two")

    assert moves(dialogue) == [Move.SENT]


def test_server_to_which_the_refused_mail_is_not_over_is_reset():
    """RFC 3030 section 3: the state after a refused last chunk is not known."""
    dialogue = announcing("554 5.6.0 bad", "503 nested MAIL", "250 ok").take_up()
    assert dialogue.written.startswith(b"RSET\r\nMAIL FROM:")

    dialogue.hear("250 reset", "250 ok", "250 ok").hear("250 two")

    assert moves(dialogue) == [Move.SENT]
    assert dialogue.session.habits.takes_early_commands


def test_nothing_that_was_not_said_yet_can_have_been_answered():
    dialogue = announcing(
        "554 5.6.0 bad", "503 nested MAIL", "250 ok", "250 ok", "250 ok", "250 ok"
    )

    dialogue.take_up()

    assert moves(dialogue) == [Move.AGAIN]
    assert dialogue.written == b""
    assert not dialogue.session.is_idle


def test_announced_mail_that_is_refused_is_not_begun():
    dialogue = announcing("554 5.6.0 bad", "550 5.1.8 no", "250 ok").take_up()

    assert moves(dialogue) == [Move.NEXT_OR_FAIL]
    assert dialogue.written == b""


def test_without_pipelining_a_chunk_saves_the_round_trip_of_data():
    dialogue = used(LOCKSTEP).send(a_parcel()).hear("250 ok").hear("250 ok")

    assert dialogue.written.endswith(b"\r\nGood day.\r\n")
    assert dialogue.announced is None


def test_gate_is_asked_before_the_last_chunk_only():
    dialogue = used().send(LARGE).hear("250 ok", "250 ok")
    assert dialogue.gates == 0
    dialogue.hear("250 ok")
    assert dialogue.gates == 0
    dialogue.hear("250 ok")
    assert dialogue.gates == 1

    dialogue.hear("250 done")

    assert moves(dialogue) == [Move.SENT]


@pytest.mark.parametrize("parcel", [a_parcel(), LARGE], ids=["small", "large"])
def test_closed_gate_is_followed_by_a_reset(parcel: Parcel):
    dialogue = used()
    dialogue.gate = LOST
    dialogue.send(parcel)
    for _ in range(4):
        if not dialogue.is_over:
            dialogue.hear("250 ok")
    assert b"LAST" not in dialogue.written
    assert {outcome.fault for outcome in outcomes(dialogue)} == {Fault.LEASE_LOST}

    dialogue.gate = None
    dialogue.send(a_parcel())

    assert dialogue.written.startswith(b"RSET\r\nMAIL")


@pytest.mark.parametrize("line", ["552 5.3.4 too large", "452 4.3.1 full"])
def test_refused_chunk_is_the_last_one(line: str):
    dialogue = used().send(LARGE).hear("250 ok", "250 ok").hear(line)

    (outcome,) = outcomes(dialogue)
    assert (outcome.said, outcome.stage) == (line, Stage.FINAL)
    assert dialogue.gates == 0
    assert b"LAST" not in dialogue.written
    assert dialogue.session.is_idle
    assert dialogue.session.needs_reset


@pytest.mark.parametrize(
    ("line", "fault"),
    [("354 go", Fault.PROTOCOL), ("garbage", Fault.PROTOCOL), ("", Fault.PROTOCOL)],
)
def test_nonsense_before_the_last_chunk_moves_the_mail(line: str, fault: Fault):
    dialogue = used().send(LARGE).hear("250 ok", "250 ok").hear(line)

    (outcome,) = outcomes(dialogue)
    assert (outcome.fault, outcome.move) == (fault, Move.NEXT)
    assert not dialogue.session.is_idle


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TIMEOUT])
def test_loss_before_the_last_chunk_moves_the_mail(fault: Fault):
    dialogue = used().send(LARGE).hear("250 ok", "250 ok").hear("250 ok").fail(fault)

    assert moves(dialogue) == [Move.NEXT]


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TIMEOUT])
def test_loss_after_the_last_chunk_is_unconfirmed(fault: Fault):
    dialogue = used().send(LARGE).hear("250 ok", "250 ok")
    dialogue.hear("250 ok").hear("250 ok").fail(fault)

    assert moves(dialogue) == [Move.UNCONFIRMED]


@pytest.mark.parametrize("parcel", [a_parcel(), LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("line", "fault", "move"),
    [
        (b"552 5.3.4 too large\r\n", Fault.REPLY, Move.NEXT_OR_FAIL),
        (b"250 too early\r\n", Fault.PROTOCOL, Move.NEXT),
    ],
)
def test_answer_before_a_chunk_is_out_never_means_that_it_was_taken(
    parcel: Parcel, line: bytes, fault: Fault, move: Move
):
    session = used().session
    session.start(transaction(session, parcel))
    step = session.receive(b"250 ok\r\n250 ok\r\n")
    if isinstance(step, AskGate):
        step = session.resume(None)
    assert isinstance(step, Deliver)

    ended = session.receive(line)

    assert isinstance(ended, Ended)
    assert isinstance(ended.result, tuple)
    assert [(each.fault, each.move) for each in ended.result] == [(fault, move)]
    assert not session.is_idle


@pytest.mark.parametrize("line", ["500 what", "502 no BDAT", "503 no"])
def test_server_that_does_not_know_bdat_hears_none_any_more(line: str):
    dialogue = Dialogue(CHUNKING).send(a_parcel()).hear("250 ok", "250 ok", line)

    assert moves(dialogue) == [Move.AGAIN]
    assert not dialogue.session.is_idle
    assert not dialogue.session.habits.takes_chunks
    assert dialogue.written.endswith(b"BDAT 1\r\nS")


@pytest.mark.parametrize("line", ["451 4.3.0 no space", "554 5.5.1 no"])
def test_refused_first_chunk_counts_like_refused_data(line: str):
    dialogue = Dialogue(CHUNKING).send(a_parcel()).hear("250 ok", "250 ok", line)

    (outcome,) = outcomes(dialogue)
    assert (outcome.stage, outcome.said) == (Stage.DATA, line)
    assert dialogue.session.is_idle


def test_mail_without_recipients_sends_no_chunk():
    dialogue = used().send(a_parcel()).hear("250 ok", "550 5.1.1 unknown")

    assert moves(dialogue) == [Move.FAIL]
    assert b"BDAT" not in dialogue.written
    assert dialogue.session.needs_reset


def test_header_that_is_empty_goes_by_data():
    dialogue = Dialogue(CHUNKING).send(a_parcel(header=b""))

    assert dialogue.written.endswith(b"DATA\r\n")

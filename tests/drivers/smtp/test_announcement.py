"""A mail that is announced with the end of the one before, by hand: what is said when, and which
answers count for which mail.
"""

import pytest

from panel.domain.outcome import Effect, Fault, Move, Outcome, Stage
from panel.drivers.contract import Parcel
from tests.drivers.smtp.dialogue import LOST, OFFERED, Dialogue, a_parcel

FIRST = a_parcel("kim@example.net")
SECOND = a_parcel("lee@example.net", "may@example.net", body=b"Other news.\r\n")
THIRD = a_parcel("nil@example.net")
END = b"Good day.\r\n.\r\n"
WORDS = (
    b"MAIL FROM:<me@example.org> SIZE=31\r\n"
    b"RCPT TO:<lee@example.net>\r\nRCPT TO:<may@example.net>\r\nDATA\r\n"
)
BIG = a_parcel(body=b"x" * 1_000_000)
FOREIGN = a_parcel(reverse_path="jürgen@example.org")


def outcomes(dialogue: Dialogue) -> tuple[Outcome, ...]:
    assert dialogue.is_over
    assert isinstance(dialogue.result, tuple)
    return dialogue.result


def moves(dialogue: Dialogue) -> list[Move]:
    return [outcome.move for outcome in outcomes(dialogue)]


def at_the_dot(*upcoming: Parcel, dialogue: Dialogue | None = None) -> Dialogue:
    """The first mail is out with its dot, and with what may follow."""
    dialogue = (dialogue or Dialogue()).send(FIRST, *upcoming)
    ready = "250 ok" if "CHUNKING" in dialogue.offered else "354 go"
    return dialogue.hear("250 ok").hear("250 ok").hear(ready)


def test_next_mail_is_announced_with_the_final_dot():
    """RFC 2920 section 3.1: the content may be the first thing of a group."""
    dialogue = at_the_dot(SECOND)

    assert dialogue.written.endswith(END + WORDS)


def test_mails_take_one_round_trip_each():
    dialogue = at_the_dot(SECOND, THIRD)

    dialogue.hear("250 one", "250 ok", "250 ok", "250 ok", "354 go")
    assert moves(dialogue) == [Move.SENT]
    dialogue.take_up()
    assert dialogue.written.startswith(b"Subject: Hello\r\n\r\nOther news.\r\n.\r\nMAIL FROM:")
    dialogue.hear("250 two", "250 ok", "250 ok", "354 go")
    assert moves(dialogue) == [Move.SENT, Move.SENT]
    dialogue.take_up().hear("250 three")

    assert moves(dialogue) == [Move.SENT]
    assert dialogue.session.is_idle
    assert dialogue.gates == 3


def test_mail_ends_with_its_own_reply_whatever_the_announced_one_waits_for():
    dialogue = at_the_dot(SECOND).hear("250 2.0.0 Ok: queued as 4XYZ")

    assert [outcome.provider_reference for outcome in outcomes(dialogue)] == ["4XYZ"]
    assert dialogue.session.is_idle
    assert dialogue.gates == 1


def test_gate_of_the_announced_mail_is_asked_when_it_is_taken_up():
    dialogue = at_the_dot(SECOND).hear("250 one", "250 ok", "250 ok", "250 ok", "354 go")
    assert dialogue.gates == 1

    dialogue.take_up()

    assert dialogue.gates == 2


def test_closed_gate_keeps_the_announced_content_in():
    dialogue = at_the_dot(SECOND).hear("250 one", "250 ok", "250 ok", "250 ok", "354 go")
    dialogue.gate = LOST

    dialogue.take_up()

    assert {outcome.fault for outcome in outcomes(dialogue)} == {Fault.LEASE_LOST}
    assert dialogue.written == b""
    assert not dialogue.session.is_idle


@pytest.mark.parametrize("line", ["451 4.3.0 later", "554 5.6.0 bad content"])
def test_refused_content_leaves_the_announced_mail_alone(line: str):
    dialogue = at_the_dot(SECOND).hear(line, "250 ok", "250 ok", "250 ok", "354 go")
    (first,) = outcomes(dialogue)

    dialogue.take_up().hear("250 two")

    assert first.said == line
    assert moves(dialogue) == [Move.SENT, Move.SENT]


def test_refused_announced_mail_speaks_for_all_its_recipients():
    dialogue = at_the_dot(SECOND)
    dialogue.hear("250 one", "550 5.1.8 not yours", "503 no", "503 no", "503 no")
    assert moves(dialogue) == [Move.SENT]

    dialogue.take_up()

    assert {outcome.stage for outcome in outcomes(dialogue)} == {Stage.MAIL}
    assert {outcome.effect for outcome in outcomes(dialogue)} == {Effect.REFUSE_SENDER}
    assert dialogue.session.is_idle
    assert not dialogue.session.needs_reset


def test_recipients_of_the_announced_mail_keep_their_own_replies():
    dialogue = at_the_dot(SECOND)
    dialogue.hear("250 one", "250 ok", "550 5.1.1 unknown", "250 ok", "354 go").take_up()

    dialogue.hear("250 two")

    assert moves(dialogue) == [Move.FAIL, Move.SENT]


def test_announced_mail_without_recipients_gets_a_lone_dot():
    dialogue = at_the_dot(SECOND)
    dialogue.hear("250 one", "250 ok", "550 5.1.1 no", "550 5.1.1 no", "354 go").take_up()
    assert dialogue.written == b".\r\n"

    dialogue.hear("554 no recipients")

    assert moves(dialogue) == [Move.FAIL, Move.FAIL]
    assert dialogue.session.is_idle
    assert dialogue.gates == 1


def test_refused_data_of_the_announced_mail_is_followed_by_a_reset():
    dialogue = at_the_dot(SECOND)
    dialogue.hear("250 one", "250 ok", "250 ok", "250 ok", "451 4.3.0 no space").take_up()
    assert {outcome.stage for outcome in outcomes(dialogue)} == {Stage.DATA}

    dialogue.send(THIRD)

    assert dialogue.written.startswith(b"RSET\r\nMAIL")


def test_354_for_a_refused_announced_mail_ends_the_connection():
    dialogue = at_the_dot(SECOND)
    dialogue.hear("250 one", "550 5.1.8 no", "250 ok", "250 ok", "354 go").take_up()

    assert {outcome.stage for outcome in outcomes(dialogue)} == {Stage.MAIL}
    assert not dialogue.session.is_idle
    assert dialogue.written == b""


@pytest.mark.parametrize("how", ["421", "lost"])
def test_server_that_ends_a_used_connection_costs_the_announced_mail_nothing(how: str):
    dialogue = at_the_dot(SECOND).hear("250 one")
    dialogue.hear("421 enough") if how == "421" else dialogue.fail(Fault.LOST)

    dialogue.take_up()

    assert {outcome.rule for outcome in outcomes(dialogue)} == {"reused_connection_closed"}
    assert {outcome.effect for outcome in outcomes(dialogue)} == {Effect.NONE}


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TIMEOUT])
def test_only_the_mail_whose_dot_is_out_is_unconfirmed(fault: Fault):
    dialogue = at_the_dot(SECOND).fail(fault)
    assert moves(dialogue) == [Move.UNCONFIRMED]
    assert not dialogue.session.is_idle

    dialogue.take_up()

    assert moves(dialogue) == [Move.AGAIN, Move.AGAIN]
    assert {outcome.effect for outcome in outcomes(dialogue)} == {Effect.NONE}


@pytest.mark.parametrize("line", ["421 4.3.2 bye", "354 what", "garbage"])
def test_what_breaks_the_connection_is_held_against_the_mail_it_answered(line: str):
    dialogue = at_the_dot(SECOND).hear(line)
    first = moves(dialogue)

    dialogue.take_up()

    assert first == [Move.NEXT if line.startswith("421") else Move.UNCONFIRMED]
    assert moves(dialogue) == [Move.AGAIN, Move.AGAIN]


def test_garbage_after_the_answer_is_held_against_the_announced_mail():
    dialogue = at_the_dot(SECOND).hear("250 one", "250 ok", "garbage")
    assert moves(dialogue) == [Move.SENT]

    dialogue.take_up()

    assert {outcome.fault for outcome in outcomes(dialogue)} == {Fault.PROTOCOL}
    assert moves(dialogue) == [Move.NEXT, Move.NEXT]


def test_more_answers_than_questions_keep_the_announced_content_in():
    dialogue = at_the_dot(SECOND)
    dialogue.hear("250 one", "250 ok", "250 ok", "250 ok", "354 go", "250 and more")

    dialogue.take_up()

    assert {outcome.fault for outcome in outcomes(dialogue)} == {Fault.PROTOCOL}
    assert dialogue.written == b""


@pytest.mark.parametrize(
    ("offered", "parcel"),
    [
        (("SIZE 1000",), SECOND),
        (("PIPELINING", "SIZE 1000"), BIG),
        (("PIPELINING",), FOREIGN),
        (OFFERED, a_parcel("no address")),
        (OFFERED, a_parcel(body=b"bare\nline end")),
    ],
)
def test_what_could_not_be_sent_here_is_not_announced(offered: tuple[str, ...], parcel: Parcel):
    dialogue = at_the_dot(parcel, dialogue=Dialogue(offered))

    assert dialogue.written.endswith(END)
    assert dialogue.announced is None


def test_nothing_is_announced_while_the_server_is_speaking_out_of_turn():
    dialogue = Dialogue(is_gate_slow=True).send(FIRST, SECOND)
    dialogue.hear("250 ok", "250 ok", "354 go").feed(b"25").answer_gate()

    assert dialogue.written.endswith(END)


@pytest.mark.parametrize(
    "line", ["503 5.5.0 Improper use of SMTP command pipelining", "554 SMTP synchronization error"]
)
def test_server_that_dislikes_early_commands_hears_none_any_more(line: str):
    dialogue = at_the_dot(SECOND).hear("250 one", line, "503 no", "503 no", "503 no").take_up()

    assert moves(dialogue) == [Move.AGAIN, Move.AGAIN]
    assert not dialogue.session.is_idle
    assert not dialogue.session.habits.takes_early_commands


def test_server_that_loses_early_commands_hears_none_any_more():
    dialogue = at_the_dot(SECOND).hear("250 one").take_up().fail(Fault.TIMEOUT)

    assert moves(dialogue) == [Move.AGAIN, Move.AGAIN]
    assert not dialogue.session.habits.takes_early_commands


def test_slow_server_is_not_taken_for_one_that_loses_commands():
    dialogue = at_the_dot(SECOND).hear("250 one", "250 ok").take_up().fail(Fault.TIMEOUT)

    assert moves(dialogue) == [Move.NEXT, Move.NEXT]
    assert dialogue.session.habits.takes_early_commands

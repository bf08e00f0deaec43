"""A mail transaction by hand: who gets which outcome, and when content leaves the house."""

import pytest

from panel.domain.outcome import Effect, Fault, Move, Outcome, Stage
from panel.drivers.smtp.transaction import transaction
from panel.drivers.trouble import Trouble
from tests.drivers.smtp.dialogue import OFFERED, Dialogue, a_parcel

CONTENT = b"Subject: Hello\r\n\r\nGood day.\r\n.\r\n"
LOCKSTEP = ("SIZE 1000000",)


def send(dialogue: Dialogue, *recipients: str) -> Dialogue:
    return dialogue.begin(transaction(dialogue.session, a_parcel(*recipients)))


def outcomes(dialogue: Dialogue) -> tuple[Outcome, ...]:
    assert isinstance(dialogue.result, tuple)
    return dialogue.result


def moves(dialogue: Dialogue) -> list[Move]:
    return [outcome.move for outcome in outcomes(dialogue)]


def test_pipelined_mail_takes_two_round_trips():
    dialogue = send(Dialogue(), "kim@example.net", "lee@example.net")
    assert dialogue.written == (
        b"MAIL FROM:<me@example.org> SIZE=29\r\n"
        b"RCPT TO:<kim@example.net>\r\nRCPT TO:<lee@example.net>\r\nDATA\r\n"
    )

    dialogue.hear("250 ok", "250 ok", "250 ok", "354 go")
    assert dialogue.written.endswith(CONTENT)
    dialogue.hear("250 2.0.0 Ok: queued as 4XYZ")

    assert moves(dialogue) == [Move.SENT, Move.SENT]
    assert {outcome.provider_reference for outcome in outcomes(dialogue)} == {"4XYZ"}
    assert dialogue.session.is_idle


def test_without_pipelining_each_command_waits_for_the_reply_before():
    dialogue = send(Dialogue(LOCKSTEP), "kim@example.net", "lee@example.net")

    said = []
    for line in ("250 ok", "250 ok", "250 ok", "354 go", "250 done"):
        said.append(dialogue.written)
        dialogue.written = b""
        dialogue.hear(line)

    assert said == [
        b"MAIL FROM:<me@example.org> SIZE=29\r\n",
        b"RCPT TO:<kim@example.net>\r\n",
        b"RCPT TO:<lee@example.net>\r\n",
        b"DATA\r\n",
        CONTENT,
    ]
    assert moves(dialogue) == [Move.SENT, Move.SENT]


@pytest.mark.parametrize("offered", [OFFERED, LOCKSTEP])
def test_each_recipient_keeps_the_reply_to_its_own_rcpt(offered: tuple[str, ...]):
    dialogue = send(Dialogue(offered), "a@x.test", "b@x.test", "c@x.test", "d@x.test")

    for line in ("250 ok", "250 ok", "550 5.1.1 unknown", "452 4.5.3 too many", "250 ok", "354 go"):
        dialogue.hear(line)
    dialogue.hear("250 done")

    assert moves(dialogue) == [Move.SENT, Move.FAIL, Move.AGAIN, Move.SENT]
    assert outcomes(dialogue)[1].said == "550 5.1.1 unknown"


@pytest.mark.parametrize("line", ["451 4.3.0 later", "554 5.6.0 bad content"])
def test_final_refusal_speaks_for_the_accepted_only(line: str):
    dialogue = send(Dialogue(), "a@x.test", "b@x.test").hear(
        "250 ok", "550 5.1.1 unknown", "250 ok", "354 go"
    )

    accepted, refused = reversed(outcomes(dialogue.hear(line)))

    assert (accepted.stage, str(accepted.reply)) == (Stage.FINAL, line)
    assert (refused.stage, refused.said) == (Stage.RCPT, "550 5.1.1 unknown")
    assert dialogue.session.is_idle


@pytest.mark.parametrize("offered", [OFFERED, LOCKSTEP])
def test_refused_mail_speaks_for_everybody(offered: tuple[str, ...]):
    dialogue = send(Dialogue(offered), "a@x.test", "b@x.test").hear("550 5.1.8 not your sender")
    if not dialogue.is_over:
        dialogue.hear("503 no MAIL", "503 no MAIL", "503 no RCPT")

    assert {outcome.stage for outcome in outcomes(dialogue)} == {Stage.MAIL}
    assert {outcome.effect for outcome in outcomes(dialogue)} == {Effect.REFUSE_SENDER}
    assert dialogue.gates == 0
    assert dialogue.session.is_idle
    assert not dialogue.session.needs_reset


def test_all_refused_and_data_refused_sends_nothing():
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "550 5.1.1 unknown", "554 no recipients")

    assert moves(dialogue) == [Move.FAIL]
    assert CONTENT not in dialogue.written
    assert dialogue.gates == 0


def test_all_refused_but_354_gets_a_lone_dot():
    """RFC 2920 section 3.1."""
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "550 5.1.1 unknown", "354 go")
    assert dialogue.written.endswith(b"DATA\r\n.\r\n")
    assert not dialogue.is_over

    dialogue.hear("554 no recipients")

    assert moves(dialogue) == [Move.FAIL]
    assert dialogue.gates == 0
    assert dialogue.session.is_idle
    assert not dialogue.session.needs_reset


def test_all_refused_without_pipelining_never_says_data():
    dialogue = send(Dialogue(LOCKSTEP), "a@x.test").hear("250 ok").hear("550 5.1.1 unknown")

    assert moves(dialogue) == [Move.FAIL]
    assert b"DATA" not in dialogue.written


def test_354_after_a_refused_mail_is_left_alone():
    dialogue = send(Dialogue(), "a@x.test").hear("550 5.1.8 no", "250 ok", "354 go")

    assert outcomes(dialogue)[0].stage is Stage.MAIL
    assert not dialogue.session.is_idle
    assert dialogue.written.endswith(b"DATA\r\n")


def test_refused_data_speaks_for_the_accepted():
    dialogue = send(Dialogue(), "a@x.test", "b@x.test").hear(
        "250 ok", "250 ok", "550 5.1.1 unknown", "451 4.3.0 no space"
    )

    assert [outcome.stage for outcome in outcomes(dialogue)] == [Stage.DATA, Stage.RCPT]


@pytest.mark.parametrize("offered", [OFFERED, LOCKSTEP])
def test_open_transaction_is_reset_before_the_next(offered: tuple[str, ...]):
    dialogue = send(Dialogue(offered), "a@x.test").hear("250 ok")
    dialogue.hear("550 5.1.1 unknown")
    if not dialogue.is_over:
        dialogue.hear("503 no RCPT")

    send(dialogue, "b@x.test")
    assert dialogue.written.startswith(b"RSET\r\n")
    for line in ("250 reset", "250 ok", "250 ok", "354 go", "250 done"):
        dialogue.hear(line)
    assert moves(dialogue) == [Move.SENT]

    send(dialogue, "c@x.test")
    assert dialogue.written.startswith(b"MAIL")


@pytest.mark.parametrize("line", ["500 what", "421 bye"])
def test_connection_that_cannot_be_reset_is_given_up(line: str):
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "550 5.1.1 unknown", "503 no RCPT")

    send(dialogue, "b@x.test").hear(line)
    if not dialogue.is_over:
        dialogue.hear("250 ok", "250 ok", "354 go")

    assert moves(dialogue) == [Move.AGAIN]
    assert not dialogue.session.is_idle


def test_closed_gate_keeps_the_content_in():
    lost = Trouble(Stage.BODY, Fault.LEASE_LOST)
    dialogue = send(Dialogue(gate=lost), "a@x.test").hear("250 ok", "250 ok", "354 go")

    assert [outcome.fault for outcome in outcomes(dialogue)] == [Fault.LEASE_LOST]
    assert dialogue.written.endswith(b"DATA\r\n")
    assert not dialogue.session.is_idle


@pytest.mark.parametrize(
    ("replies", "stage"),
    [
        ([], Stage.MAIL),
        (["250 ok"], Stage.RCPT),
        (["250 ok", "250 ok"], Stage.DATA),
    ],
)
@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TIMEOUT])
def test_loss_before_the_content_moves_the_mail(replies: list[str], stage: Stage, fault: Fault):
    dialogue = send(Dialogue(), "a@x.test").hear(*replies).fail(fault)

    (outcome,) = outcomes(dialogue)
    assert (outcome.stage, outcome.fault, outcome.move) == (stage, fault, Move.NEXT)


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TIMEOUT])
def test_loss_after_the_final_dot_is_unconfirmed(fault: Fault):
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "250 ok", "354 go").fail(fault)

    (outcome,) = outcomes(dialogue)
    assert (outcome.stage, outcome.fault, outcome.move) == (Stage.FINAL, fault, Move.UNCONFIRMED)


@pytest.mark.parametrize("line", ["354 go on", "garbage"])
def test_unreadable_answer_to_the_dot_is_unconfirmed(line: str):
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "250 ok", "354 go").hear(line)

    assert moves(dialogue) == [Move.UNCONFIRMED]
    assert not dialogue.session.is_idle


def test_421_to_the_dot_is_a_clear_no():
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "250 ok", "354 go").hear("421 4.3.2 bye")

    assert moves(dialogue) == [Move.NEXT]


@pytest.mark.parametrize("how", ["lost", "421"])
def test_reused_connection_that_closed_costs_the_provider_nothing(how: str):
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "250 ok", "354 go").hear("250 done")

    send(dialogue, "b@x.test")
    outcome = outcomes(dialogue.fail(Fault.LOST) if how == "lost" else dialogue.hear("421 idle"))[0]

    assert (outcome.rule, outcome.move) == ("reused_connection_closed", Move.AGAIN)
    assert outcome.effect is Effect.NONE


def test_421_at_rcpt_keeps_the_refusals_before_it():
    dialogue = send(Dialogue(), "a@x.test", "b@x.test", "c@x.test").hear(
        "250 ok", "250 ok", "550 5.1.1 unknown", "421 4.7.0 bye"
    )

    assert moves(dialogue) == [Move.NEXT, Move.FAIL, Move.NEXT]


def test_answer_out_of_place_drops_the_connection():
    dialogue = send(Dialogue(), "a@x.test").hear("250 ok", "354 go", "250 ok")

    assert outcomes(dialogue)[0].fault is Fault.PROTOCOL
    assert not dialogue.session.is_idle
    assert CONTENT not in dialogue.written


def test_mail_that_cannot_be_sent_here_is_not_begun():
    dialogue = send(Dialogue(("SIZE 10",)), "a@x.test", "b@x.test")

    assert {outcome.fault for outcome in outcomes(dialogue)} == {Fault.TOO_LARGE}
    assert dialogue.written == b""
    assert dialogue.session.is_idle


def test_recipients_that_cannot_be_named_fail_alone():
    dialogue = send(Dialogue(), "a@x.test", "no address")

    dialogue.hear("250 ok", "250 ok", "354 go").hear("250 done")

    assert moves(dialogue) == [Move.SENT, Move.FAIL]


def test_nothing_is_said_when_no_recipient_can_be_named():
    dialogue = send(Dialogue(), "no address")

    assert moves(dialogue) == [Move.FAIL]
    assert dialogue.written == b""

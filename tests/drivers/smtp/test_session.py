"""A session fed by hand: replies meet their commands, and what nobody asked for ends it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.smtp.conversation import Conversation, Ended, Heard, Say, Secure
from panel.drivers.smtp.session import Session
from panel.drivers.smtp.transaction import transaction
from panel.drivers.trouble import Trouble
from tests.drivers.smtp.dialogue import Dialogue, a_parcel

NOOP = Say(b"NOOP\r\n", (Stage.RESET,))


def ask(*requests: Say | Secure) -> Conversation[list[Heard]]:
    """Makes the requests one after another until one is cut short."""
    answers = []
    for request in requests:
        answers.append((yield request))
        if answers[-1].trouble is not None:
            break
    return answers


def last_trouble(dialogue: Dialogue) -> Trouble | None:
    assert isinstance(dialogue.result, list)
    trouble = dialogue.result[-1].trouble
    assert trouble is None or isinstance(trouble, Trouble)
    return trouble


def test_each_request_gets_its_replies():
    dialogue = Dialogue().begin(ask(NOOP, Say(b"A\r\nB\r\n", (Stage.MAIL, Stage.RCPT))))

    dialogue.hear("250 one").hear("250 two", "550 three")

    assert dialogue.result == [
        Heard((Reply(250, ("one",)),)),
        Heard((Reply(250, ("two",)), Reply(550, ("three",)))),
    ]
    assert dialogue.session.is_idle


def test_stage_follows_the_replies():
    session = Dialogue().session
    assert session.start(ask(Say(b"", (Stage.MAIL, Stage.RCPT, Stage.DATA)))) is not None

    stages = [session.stage]
    for _ in range(2):
        session.receive(b"250 ok\r\n")
        stages.append(session.stage)

    assert stages == [Stage.MAIL, Stage.RCPT, Stage.DATA]


def test_banner_that_comes_before_anybody_asks_is_kept():
    session = Session()
    assert session.receive(b"220-wel") is None
    assert session.receive(b"come\r\n220 here\r\n") is None

    step = session.start(ask(Say(b"", (Stage.BANNER,))))

    assert step == Ended([Heard((Reply(220, ("welcome", "here")),))])


def test_421_ends_the_conversation_at_once():
    dialogue = Dialogue().begin(ask(Say(b"", (Stage.MAIL, Stage.RCPT, Stage.DATA))))

    dialogue.hear("250 ok", "421 4.3.2 closing")

    reply = Reply(421, ("4.3.2 closing",))
    assert dialogue.result == [
        Heard((Reply(250, ("ok",)),), Trouble(Stage.RCPT, Fault.REPLY, reply=reply))
    ]
    assert not dialogue.session.is_idle


@pytest.mark.parametrize(
    ("line", "fault"),
    [("250 again", Fault.PROTOCOL), ("354 go", Fault.PROTOCOL), ("421 bye", Fault.REPLY)],
)
def test_reply_that_nobody_asked_for_makes_the_session_unusable(line: str, fault: Fault):
    dialogue = Dialogue().begin(ask(NOOP)).hear("250 ok", line)

    assert dialogue.is_over
    assert not dialogue.session.is_idle
    assert last_trouble(dialogue.begin(ask(NOOP))) is not None
    assert dialogue.session.trouble is not None
    assert dialogue.session.trouble.fault is fault


def test_loss_while_idle_counts_for_the_next_request_at_its_own_stage():
    """Never at that of the mail before, whose final reply may just have come."""
    dialogue = Dialogue().begin(ask(Say(b"", (Stage.FINAL,)))).hear("250 ok")
    dialogue.fail(Fault.LOST)

    dialogue.begin(ask(Say(b"MAIL\r\n", (Stage.MAIL,))))

    assert last_trouble(dialogue) == Trouble(Stage.MAIL, Fault.LOST, "gone")
    assert dialogue.written == b""


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TIMEOUT])
def test_loss_is_told_with_the_replies_before_it(fault: Fault):
    dialogue = Dialogue().begin(ask(Say(b"", (Stage.MAIL, Stage.RCPT)))).hear("250 ok").fail(fault)

    assert dialogue.result == [Heard((Reply(250, ("ok",)),), Trouble(Stage.RCPT, fault, "gone"))]


@pytest.mark.parametrize("rest", [b"250 injected\r\n", b"2", b"250-a\r\n", b"\x16\x03\x01", b"\n"])
def test_clear_text_after_starttls_is_an_injection(rest: bytes):
    dialogue = Dialogue().begin(ask(Say(b"STARTTLS\r\n", (Stage.STARTTLS,)), Secure()))

    dialogue.feed(b"220 go ahead\r\n" + rest)

    trouble = last_trouble(dialogue)
    assert trouble is not None
    assert (trouble.stage, trouble.fault) == (Stage.STARTTLS, Fault.STARTTLS_INJECTION)
    assert not dialogue.session.is_encrypted


def test_clear_text_while_the_handshake_is_prepared_is_an_injection():
    session = Dialogue().session
    session.start(ask(Say(b"", (Stage.STARTTLS,)), Secure()))
    assert isinstance(session.receive(b"220 go\r\n"), Secure)

    assert session.receive(b"250 injected\r\n") is None
    step = session.resume(None)

    assert isinstance(step, Ended)
    assert session.trouble is not None
    assert session.trouble.fault is Fault.STARTTLS_INJECTION


def test_tls_voids_what_was_offered_in_clear_text():
    dialogue = Dialogue(("STARTTLS", "AUTH PLAIN"))
    dialogue.begin(ask(Say(b"", (Stage.STARTTLS,)), Secure())).hear("220 go")

    assert dialogue.session.is_encrypted
    assert dialogue.session.extensions.lines == ()
    assert dialogue.session.extensions.mechanisms == ()


def test_goodbye_can_be_said_in_the_middle_of_anything():
    dialogue = Dialogue().begin(ask(Say(b"EHLO x\r\n", (Stage.EHLO,))))
    dialogue.fail(Fault.TIMEOUT)

    assert dialogue.session.part() == Say(b"QUIT\r\n", (Stage.QUIT,))
    assert dialogue.session.receive(b"250 late answer\r\n") is None
    assert dialogue.session.receive(b"221 bye\r\n") == Ended(Reply(221, ("bye",)))


server_lines = st.sampled_from(
    [
        "220 hi",
        "250 ok",
        "250-more",
        "354 go",
        "421 bye",
        "451 later",
        "550 no",
        "garbage",
        "",
        "999 x",
    ]
)


@settings(max_examples=300)
@given(
    st.lists(server_lines, max_size=15),
    st.booleans(),
    st.integers(1, 4),
    st.sampled_from([Fault.LOST, Fault.TIMEOUT]),
)
def test_any_server_leads_to_one_outcome_per_recipient(
    lines: list[str], pipelining: bool, count: int, end: Fault
):
    dialogue = Dialogue(("PIPELINING",) if pipelining else ())
    recipients = [f"r{number}@example.net" for number in range(count)]
    dialogue.begin(transaction(dialogue.session, a_parcel(*recipients)))

    for line in lines:
        dialogue.hear(line)
    dialogue.fail(end)

    assert dialogue.is_over
    assert isinstance(dialogue.result, tuple)
    assert len(dialogue.result) == count


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_random_bytes_never_raise_and_always_end(portions: list[bytes]):
    dialogue = Dialogue().begin(transaction(Dialogue().session, a_parcel()))

    for portion in portions:
        dialogue.feed(portion)
    dialogue.fail(Fault.LOST)

    assert dialogue.is_over


@given(st.data())
def test_any_split_of_a_servers_turns_gives_the_same_outcomes(data: st.DataObject):
    turns = [
        "250 ok\r\n250-2.1.5 a\r\n250 b\r\n550 5.1.1 no\r\n354 go\r\n",
        "250 2.0.0 queued as 7\r\n",
    ]
    whole = Dialogue()
    parcel = a_parcel("kim@example.net", "lee@example.net")
    whole.begin(transaction(whole.session, parcel))
    cut = Dialogue()
    cut.begin(transaction(cut.session, parcel))

    for turn in turns:
        whole.hear(turn, end="")
        at = data.draw(st.integers(0, len(turn)))
        cut.hear(turn[:at], end="").hear(turn[at:], end="")

    assert cut.result == whole.result
    assert cut.written == whole.written

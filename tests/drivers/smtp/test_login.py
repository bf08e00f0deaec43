"""Logging in: which mechanism is taken, what is said, and that no secret comes back out."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.outcome import Fault, Stage
from panel.domain.provider import Encryption
from panel.domain.reply import Reply
from panel.drivers.smtp.login import choose, log_in, scrubber
from panel.drivers.smtp.minutes import spoken
from panel.drivers.smtp.opening import auth
from panel.drivers.trouble import Trouble
from tests.drivers.smtp.accounts import an_account
from tests.drivers.smtp.dialogue import Dialogue

CHALLENGE = "<1896.697170952@postoffice.example.net>"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def login(mechanism: str, username: str = "tim", secret: str = "tanstaaftanstaaf") -> Dialogue:
    dialogue = Dialogue()
    conversation = log_in(dialogue.session, mechanism, username=username, secret=secret)
    return dialogue.begin(conversation)


@pytest.mark.parametrize(
    ("offered", "is_encrypted", "order"),
    [
        (("PLAIN", "LOGIN", "CRAM-MD5"), True, ("PLAIN", "LOGIN", "CRAM-MD5")),
        (("PLAIN", "LOGIN", "CRAM-MD5"), False, ("CRAM-MD5", "PLAIN", "LOGIN")),
        (("LOGIN", "XOAUTH2"), True, ("LOGIN",)),
        (("XOAUTH2", "GSSAPI"), True, ()),
        ((), True, ()),
    ],
)
def test_mechanisms_are_tried_best_first(
    offered: tuple[str, ...], is_encrypted: bool, order: tuple[str, ...]
):
    assert choose(offered, is_encrypted=is_encrypted) == order


def test_plain_goes_out_in_one_line():
    dialogue = login("PLAIN")

    assert (
        dialogue.written
        == f"AUTH PLAIN {b64(chr(0) + 'tim' + chr(0) + 'tanstaaftanstaaf')}\r\n".encode()
    )
    assert dialogue.hear("235 2.7.0 ok").result == Reply(235, ("2.7.0 ok",))


def test_plain_that_is_too_long_for_one_line_waits_for_the_challenge():
    dialogue = login("PLAIN", secret="x" * 500)

    assert dialogue.written == b"AUTH PLAIN\r\n"
    dialogue.hear("334 ")
    assert dialogue.written.endswith(b64("\0tim\0" + "x" * 500).encode() + b"\r\n")
    assert isinstance(dialogue.hear("235 ok").result, Reply)


def test_login_answers_both_questions():
    dialogue = login("LOGIN", "jürgen", "pässword")

    assert dialogue.written == b"AUTH LOGIN\r\n"
    dialogue.hear("334 VXNlcm5hbWU6").hear("334 UGFzc3dvcmQ6")
    expected = f"AUTH LOGIN\r\n{b64('jürgen')}\r\n{b64('pässword')}\r\n"
    assert dialogue.written == expected.encode()
    assert isinstance(dialogue.hear("235 ok").result, Reply)


def test_cram_md5_answers_the_challenge_of_rfc_2195():
    dialogue = login("CRAM-MD5").hear(f"334 {b64(CHALLENGE)}")

    digest = hmac.new(b"tanstaaftanstaaf", CHALLENGE.encode(), "md5").hexdigest()
    assert dialogue.written == f"AUTH CRAM-MD5\r\n{b64('tim ' + digest)}\r\n".encode()


def test_challenge_that_is_not_base64_is_cancelled():
    dialogue = login("CRAM-MD5").hear("334 not base64!")

    assert dialogue.written.endswith(b"\r\n*\r\n")
    trouble = dialogue.hear("501 cancelled").result
    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.PROTOCOL


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_refusal_is_told_with_its_reply(mechanism: str):
    trouble = login(mechanism).hear("535 5.7.8 no").result

    assert trouble == Trouble(Stage.AUTH, Fault.REPLY, reply=Reply(535, ("5.7.8 no",)))


@pytest.mark.parametrize("line", ["250 fine", "334 again"])
def test_answer_out_of_place_is_no_success(line: str):
    trouble = login("LOGIN").hear("334 x").hear("334 y").hear(line.replace("250", "354")).result

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.PROTOCOL


def test_nul_cannot_forge_another_identity():
    trouble = login("PLAIN", "tim\0admin").result

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.SECRET


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_secret_that_a_server_repeats_is_masked(username: str, secret: str):
    plain = b64(f"\0{username}\0{secret}")
    told = Reply(535, (f"bad password {secret}", f"unknown: AUTH PLAIN {plain}", b64(secret)))

    lines = scrubber("", secret)(scrubber(username, secret)(told)).lines

    assert plain not in lines[1]
    assert b64(secret) not in lines[2]
    assert secret not in lines[0].replace("********", "").removeprefix("bad password ")


def test_recorded_talk_holds_no_secret():
    dialogue = Dialogue()
    dialogue.begin(log_in(dialogue.session, "LOGIN", username="tim", secret="hunter22"))
    dialogue.hear("334 VXNlcm5hbWU6").hear("334 UGFzc3dvcmQ6").hear("535 hunter22 is wrong")

    heard = spoken(dialogue.session.said)
    assert "hunter22" not in repr(dialogue.session.said)
    assert heard[-1] == "S: 535 ******** is wrong"
    assert not [line for line in heard if "hunter22" in line or b64("hunter22") in line]
    assert heard.count("C: ********") == 2


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.SSL])
def test_password_stays_here_while_encryption_is_wanted_and_missing(encryption: Encryption):
    dialogue = Dialogue(("AUTH PLAIN",))
    account = an_account(25, encryption=encryption, username="tim", secret="tanstaaf")

    trouble = dialogue.begin(auth(dialogue.session, account)).result

    assert isinstance(trouble, Trouble)
    assert (trouble.stage, trouble.fault) == (Stage.AUTH, Fault.TLS)
    assert dialogue.written == b""

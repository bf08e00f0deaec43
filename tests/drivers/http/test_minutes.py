"""What is told of a call to a mail API."""

from panel.domain.outcome import Fault, Stage
from panel.drivers.http.exchange import Answer, Request
from panel.drivers.http.minutes import transcript, without_echo
from panel.drivers.trouble import Trouble

KEY = "SG.topsecretkey"
CONTENT = b'{"subject":"The plan for the weekend","text":"Meet me at the old mill at noon."}'


def a_request() -> Request:
    return Request("POST", f"/v3/send?key={KEY}", (("Authorization", f"Bearer {KEY}"),), CONTENT)


def test_call_and_answer_are_told_without_key_and_content():
    body = f'{{"error":"bad key {KEY}","in":"Meet me at the old mill at noon."}}'.encode()
    answer = Answer(401, {"x-request-id": "r-17", "set-cookie": "a=b"}, body)

    text = transcript(a_request(), [answer], secrets=(KEY,))

    assert text.startswith("C: POST /v3/send?key=••••••\n-: content 80\nS: 401 Unauthorized\n")
    assert "S: x-request-id: r-17" in text
    assert "bad key" in text
    for hidden in (KEY, "old mill", "a=b"):
        assert hidden not in text


def test_lost_answer_is_told_as_such():
    trouble = Trouble(Stage.FINAL, Fault.TIMEOUT, "No answer in time")

    text = transcript(a_request(), [trouble, Answer(409)], secrets=())

    assert text.split("\n")[2:] == [
        "-: end No answer in time",
        f"C: POST /v3/send?key={KEY}",
        "-: content 80",
        "S: 409 Conflict",
    ]


def test_echo_is_left_out_and_addresses_stay():
    known = b"Dear all, the quick brown fox jumps. someone.with.a.long.name@contoso.test"

    text = without_echo(
        "no: 'the quick brown fox jumps' to someone.with.a.long.name@contoso.test", known
    )

    assert text.startswith("no: '…")
    assert "fox" not in text
    assert "someone.with.a.long.name@contoso.test" in text

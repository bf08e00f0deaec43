"""What a server says to a mail and to the announced one after it, cut in every way."""

from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from panel.domain.outcome import Fault
from tests.drivers.smtp.dialogue import OFFERED, Dialogue
from tests.drivers.smtp.test_announcement import SECOND, at_the_dot, outcomes

LONE_DOT = b".\r\n"
ODD = ["garbage", "", "250 " + "x" * 600, "250 grüß", "999 odd", "250-" + "x" * 5000]
lines = st.one_of(
    st.just("250 ok"),
    st.sampled_from(
        ["250 ok", "250-more", "354 go", "421 bye", "451 later", "503 early", "550 no"]
    ),
    st.sampled_from(ODD),
)


@settings(max_examples=400)
@given(
    told=st.lists(lines, max_size=9)
    | st.lists(lines, max_size=3).map(lambda told: ["250 ok"] * 4 + ["354 go", *told])
    | st.lists(st.just("250 ok"), max_size=4).map(lambda told: [*told, *["250-a"] * 101]),
    answer=lines,
    cuts=st.lists(st.integers(0, 10_000), max_size=12),
    taken_up=st.integers(0, 12),
    offered=st.sampled_from([OFFERED, (*OFFERED, "CHUNKING")]),
)
def test_any_cut_of_what_a_server_says_gives_the_same_outcomes(
    told: list[str], answer: str, cuts: list[int], taken_up: int, offered: tuple[str, ...]
):
    """However the answers to both mails are cut, and whenever the second one is taken up."""
    stream = "".join(f"{line}\r\n" for line in told).encode()
    places = [0, *sorted(place % (len(stream) + 1) for place in cuts), len(stream)]
    portions = [stream[start:end] for start, end in pairwise(places)]

    whole = both_mails([stream], taken_up=0, answer=answer, offered=offered)
    cut = both_mails(portions, taken_up=taken_up, answer=answer, offered=offered)

    # What is asked anew can be answered only after that.
    assume(b"RSET" not in whole[2] + cut[2])
    assert cut[:2] == whole[:2]
    # A 354 though every recipient was refused is answered by a lone dot, unless the server has
    # said the next thing by then, unasked: then nothing it says counts any more.
    assert cut[2].removesuffix(LONE_DOT) == whole[2].removesuffix(LONE_DOT)


def both_mails(
    portions: list[bytes], *, taken_up: int, answer: str, offered: tuple[str, ...]
) -> tuple[object, object, bytes]:
    """What became of both mails, and what was written for the second."""
    dialogue = at_the_dot(SECOND, dialogue=Dialogue(offered))
    dialogue.is_gate_slow = True
    first: object = None
    for number, portion in enumerate(portions):
        if first is None and dialogue.is_over and number >= taken_up:
            first = dialogue.result
            dialogue.take_up()
        dialogue.feed(portion)
    if not dialogue.is_over and first is None:
        dialogue.fail(Fault.LOST)
    if first is None:
        first = dialogue.result
        dialogue.take_up()
    dialogue.answer_gate()
    if not dialogue.is_over:
        dialogue.hear(answer)
    dialogue.answer_gate()
    if not dialogue.is_over:
        dialogue.fail(Fault.LOST)
    dialogue.answer_gate()
    return first, outcomes(dialogue), dialogue.written

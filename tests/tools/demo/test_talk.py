"""What was said in the demo's past: it ends as the attempt did, and keeps its secrets."""

import pytest

from tools.demo.events import API, BROKEN, SAID, Event, accepted
from tools.demo.talk import UNSAID, Envelope, talk

ENVELOPE = Envelope("post@a.example", "kim@example.com", 1000)
UNREACHED = {"dns_failed", "host_unknown", "unreachable", "worker_lost"}


def told(event: Event, *, is_api: bool = False) -> list[str]:
    text = talk(event.outcome, ENVELOPE, server="a.example", is_api=is_api)
    return text.splitlines()


@pytest.mark.parametrize("event", SAID, ids=lambda event: event.outcome.rule)
def test_reply_stands_in_the_transcript_where_it_was_given(event):
    lines = told(event)

    assert f"S: {event.reply}" in lines
    assert lines.index(f"S: {event.reply}") >= len(lines) - 3


@pytest.mark.parametrize("event", BROKEN, ids=lambda event: event.outcome.rule)
def test_trouble_without_a_reply_ends_the_transcript(event):
    lines, outcome = told(event), event.outcome

    if outcome.fault in UNSAID or outcome.rule in UNREACHED:
        assert lines == []
    else:
        assert lines[-1] == f"-: end {event.detail}"


def test_answers_of_the_api_are_told_with_their_status():
    for event in API:
        lines = told(event, is_api=True)
        assert not lines or lines[0] == "C: POST /emails"
        assert not lines or lines[2].startswith(f"S: {event.reply[:3]} ")


def test_feature_that_is_missing_is_not_offered():
    event = next(event for event in BROKEN if event.detail == "AUTH is not offered")

    assert not [line for line in told(event) if line.startswith("S: 250") and "AUTH" in line]


def test_taken_mail_is_told_to_its_end_without_the_password():
    lines = told(accepted(7, took_ms=90))

    assert lines[-2:] == ["-: content 1000", "S: 250 2.0.0 Ok: queued as 7"]
    assert "C: AUTH PLAIN ********" in lines

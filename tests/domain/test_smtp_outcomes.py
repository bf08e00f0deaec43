"""Each row of the SMTP outcome table is reached, and no answer breaks the rules above it."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.outcome import Effect, Fault, Move, Outcome, Scope, Stage
from panel.domain.reply import Reply
from panel.domain.smtp_outcomes import RULES, by_name, classify, rule

EVENTS = [
    (Stage.RESOLVE, Fault.DNS_TEMPORARY, "dns_failed"),
    (Stage.RESOLVE, Fault.TIMEOUT, "dns_failed"),
    (Stage.RESOLVE, Fault.DNS_UNKNOWN, "host_unknown"),
    (Stage.CONNECT, Fault.BLOCKED, "address_blocked"),
    (Stage.CONNECT, Fault.CONNECT, "unreachable"),
    (Stage.CONNECT, Fault.TIMEOUT, "unreachable"),
    (Stage.BANNER, Fault.TIMEOUT, "no_banner"),
    (Stage.BANNER, Fault.LOST, "no_banner"),
    (Stage.EHLO, Fault.STARTTLS_MISSING, "starttls_missing"),
    (Stage.TLS, Fault.TLS, "tls_failed"),
    (Stage.STARTTLS, Fault.LOST, "tls_failed"),
    (Stage.TLS, Fault.CERTIFICATE, "certificate_untrusted"),
    (Stage.STARTTLS, Fault.STARTTLS_INJECTION, "starttls_injection"),
    (Stage.AUTH, Fault.AUTH_MISSING, "login_not_offered"),
    (Stage.AUTH, Fault.LOST, "connection_lost"),
    (Stage.MAIL, Fault.TOO_LARGE, "too_large_announced"),
    (Stage.MAIL, Fault.SMTPUTF8_MISSING, "smtputf8_missing"),
    (Stage.MAIL, Fault.EIGHTBIT_MISSING, "eightbit_missing"),
    (Stage.MAIL, Fault.LOST, "connection_lost"),
    (Stage.RCPT, Fault.TIMEOUT, "timed_out"),
    (Stage.DATA, Fault.LOST, "connection_lost"),
    (Stage.BODY, Fault.LOST, "connection_lost"),
    (Stage.BODY, Fault.TLS, "connection_lost"),
    (Stage.BODY, Fault.TIMEOUT, "timed_out"),
    (Stage.BODY, Fault.LEASE_LOST, "lease_lost"),
    (Stage.FINAL, Fault.LOST, "answer_lost"),
    (Stage.FINAL, Fault.TLS, "answer_lost"),
    (Stage.FINAL, Fault.TIMEOUT, "answer_timed_out"),
    (Stage.FINAL, Fault.PROTOCOL, "answer_unreadable"),
    (Stage.EHLO, Fault.PROTOCOL, "protocol_error"),
    (Stage.RESET, Fault.LOST, "reset_refused"),
    (Stage.QUIT, Fault.LOST, "goodbye_failed"),
    (Stage.ROUTE, Fault.SECRET, "secret_unreadable"),
    (Stage.ROUTE, Fault.BUILD, "mail_not_built"),
]
ODD_REPLIES = [
    (Stage.FINAL, "354 go on", "answer_unreadable"),
    (Stage.MAIL, "354 go on", "protocol_error"),
    (Stage.RCPT, "220 hello again", "protocol_error"),
    (Stage.BODY, "250 too early", "protocol_error"),
    (Stage.FINAL, "450 4.2.0 mailbox busy", "recipient_waits_late"),
    (Stage.FINAL, "450 4.7.1 not now", "content_postponed"),
    (Stage.BODY, "552 5.3.4 enough", "too_large"),
]
NAMED_ONLY = {"worker_lost", "no_route"}
BROKEN = [Fault.LOST, Fault.TLS, Fault.TIMEOUT, Fault.PROTOCOL, Fault.CONNECT]


def replies() -> list[tuple[str, str, str, str | int | None]]:
    vendors = tomllib.loads(Path(__file__).with_name("replies.toml").read_text("utf-8"))
    rows = [row for vendor in vendors.values() for row in vendor["replies"]]
    return [(row[0], row[1], row[2], row[3] if len(row) > 3 else None) for row in rows]


def reply(text: str) -> Reply:
    lines = text.split("\n")
    return Reply(int(lines[0][:3]), tuple(line[4:] for line in lines))


def said(stage: Stage | str, text: str, *, is_reused: bool = False) -> Outcome:
    return classify(Stage(stage), Fault.REPLY, reply(text), is_reused=is_reused)


@pytest.mark.parametrize(("stage", "text", "name", "extra"), replies())
def test_reply_of_a_real_server_leads_to_its_row(stage, text, name, extra):
    outcome = said(stage, text)

    assert outcome.rule == name
    assert outcome.provider_reference == (extra if isinstance(extra, str) else "")
    assert outcome.retry_after_s == (extra if isinstance(extra, int) else None)


def test_every_reply_has_a_source_and_most_of_them_were_checked():
    vendors = tomllib.loads(Path(__file__).with_name("replies.toml").read_text("utf-8"))
    checked = [item for item in vendors.values() if not item["source"].startswith("from memory")]

    assert all(len(vendor["source"]) > 20 for vendor in vendors.values())
    assert sum(len(vendor["replies"]) for vendor in checked) >= 150


def test_no_reply_is_listed_twice():
    listed = [(row[0], row[1]) for row in replies()]

    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize(("stage", "fault", "name"), EVENTS)
def test_event_without_a_reply_leads_to_its_row(stage, fault, name):
    outcome = classify(stage, fault, detail="words of the system")

    assert (outcome.rule, outcome.stage, outcome.fault) == (name, stage, fault)
    assert outcome.said == "words of the system"


@pytest.mark.parametrize(("stage", "text", "name"), ODD_REPLIES)
def test_odd_reply_leads_to_its_row(stage, text, name):
    assert said(stage, text).rule == name


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RESET])
def test_reused_connection_that_was_closed_is_no_fault(stage):
    by_reply = said(stage, "421 4.4.2 idle too long", is_reused=True)
    by_loss = classify(stage, Fault.LOST, is_reused=True)

    for outcome in (by_reply, by_loss):
        assert outcome.rule == "reused_connection_closed"
        assert (outcome.move, outcome.effect) == (Move.AGAIN, Effect.NONE)


def test_fresh_connection_that_was_closed_is_a_fault():
    assert classify(Stage.MAIL, Fault.LOST).effect is Effect.OPEN
    assert said(Stage.MAIL, "421 closing").effect is Effect.OPEN


def test_no_row_is_unreachable():
    seen = {row[2] for row in replies()} | {event[2] for event in EVENTS}
    seen |= {odd[2] for odd in ODD_REPLIES} | {"reused_connection_closed"} | NAMED_ONLY

    assert seen == {row.name for row in RULES}


def test_rows_for_our_own_code_are_found_by_name_only():
    assert {row.name for row in RULES if not row.faults} == NAMED_ONLY
    assert by_name("worker_lost", Stage.FINAL, detail="rescued").move is Move.UNCONFIRMED
    assert by_name("no_route", Stage.ROUTE).move is Move.WAIT


def test_table_is_whole():
    assert len({row.name for row in RULES}) == len(RULES)
    assert {row.row for row in RULES} == set(range(1, 36))
    assert all(row.because for row in RULES)
    assert rule("greylisted").row == 18
    with pytest.raises(KeyError):
        rule("nothing")


FATES = {
    Scope.PROVIDER: {Move.NEXT, Move.AGAIN, Move.UNCONFIRMED},
    Scope.SENDER: {Move.NEXT, Move.NEXT_OR_FAIL},
    Scope.MESSAGE: {Move.FAIL, Move.WAIT, Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL},
    Scope.RECIPIENT: {Move.FAIL, Move.WAIT_SAME},
    Scope.OURSELVES: {Move.FAIL, Move.WAIT, Move.UNCONFIRMED},
    Scope.NOBODY: {Move.SENT, Move.AGAIN, Move.UNCONFIRMED},
}


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.name)
def test_row_moves_the_mail_as_its_scope_allows(row):
    assert row.move in FATES[row.scope]


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.name)
def test_row_touches_the_provider_as_its_scope_allows(row):
    if row.scope is Scope.SENDER:
        assert row.effect in (Effect.NONE, Effect.REFUSE_SENDER)
    elif row.scope is not Scope.PROVIDER:
        assert row.effect is (Effect.RECOVER if row.move is Move.SENT else Effect.NONE)


codes = st.integers(min_value=0, max_value=999)
texts = st.one_of(
    st.text(max_size=80),
    st.builds("{}.{}.{} {}".format, codes, codes, codes, st.text(max_size=40)),
)


@given(st.sampled_from(Stage), codes, st.lists(texts, max_size=3), st.booleans())
def test_any_reply_obeys_the_rules(stage, code, lines, is_reused):
    outcome = classify(stage, Fault.REPLY, Reply(code, tuple(lines)), is_reused=is_reused)

    assert outcome.is_sent == (stage is Stage.FINAL and code // 100 == 2)
    if outcome.scope is Scope.PROVIDER:
        assert outcome.move not in (Move.FAIL, Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL)
    if outcome.scope is Scope.RECIPIENT:
        assert outcome.effect is Effect.NONE
        assert stage in (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY, Stage.FINAL)
    if outcome.move is Move.UNCONFIRMED:
        assert stage is Stage.QUIT or (stage is Stage.FINAL and code // 100 not in (2, 4, 5))


@given(st.sampled_from(Stage), st.sampled_from(Fault), st.booleans())
def test_any_event_has_an_outcome(stage, fault, is_reused):
    outcome = classify(stage, fault, is_reused=is_reused)

    assert not outcome.is_sent
    assert (outcome.move is Move.UNCONFIRMED) <= (stage in (Stage.FINAL, Stage.QUIT))


@given(st.sampled_from([s for s in Stage if s is not Stage.QUIT]), codes)
def test_class_of_a_bare_reply_is_kept(stage, code):
    outcome = classify(stage, Fault.REPLY, Reply(code))

    if code // 100 == 4:
        assert not outcome.is_permanent
    if code // 100 == 5 and stage in (Stage.AUTH, Stage.MAIL, Stage.RCPT, Stage.FINAL):
        assert outcome.is_permanent or outcome.rule == "too_many_recipients"


STEPS = [Stage.AUTH, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.FINAL]
NONSENSE = st.text(alphabet="#*~ qxzъ☃\x00\x7f", max_size=60)


@given(
    st.sampled_from(STEPS), st.sampled_from([4, 5]), st.integers(60, 99), NONSENSE, st.booleans()
)
def test_first_digit_decides_for_what_is_not_known(stage, digit, rest, text, has_enhanced):
    """RFC 5321 section 4.2.1: no server need be known for its refusals to be understood."""
    enhanced = f"{digit}.{rest}.{rest} " if has_enhanced else ""

    outcome = classify(stage, Fault.REPLY, Reply(digit * 100 + rest, (enhanced + text,)))

    assert not outcome.is_sent
    assert outcome.is_permanent is (digit == 5)
    if digit == 4:
        assert outcome.move in (Move.NEXT, Move.WAIT, Move.WAIT_SAME)


@given(st.sampled_from(Stage), codes, st.text(max_size=300), st.text(max_size=300))
def test_no_text_can_turn_a_refusal_into_a_success(stage, code, first, second):
    outcome = classify(stage, Fault.REPLY, Reply(code, (first, second)))

    assert outcome.is_sent == (stage is Stage.FINAL and code // 100 == 2)
    assert outcome.retry_after_s is None or 0 < outcome.retry_after_s <= 86400
    assert len(outcome.provider_reference) <= 200


@pytest.mark.parametrize("fault", BROKEN)
def test_after_the_dot_a_break_is_never_repeated_by_itself(fault):
    assert classify(Stage.FINAL, fault).move is Move.UNCONFIRMED
    assert classify(Stage.FINAL, fault, is_reused=True).move is Move.UNCONFIRMED


@pytest.mark.parametrize("fault", BROKEN)
def test_before_the_dot_a_break_moves_the_mail(fault):
    assert classify(Stage.BODY, fault).move is Move.NEXT


def test_odd_enhanced_code_is_ignored():
    assert said(Stage.RCPT, "550 5.7 relay").rule == said(Stage.RCPT, "550 relay").rule
    assert said(Stage.RCPT, "450 5.1.1 wrong class").rule == "recipient_postponed"


def test_missing_reply_counts_as_a_broken_protocol():
    assert classify(Stage.MAIL, Fault.REPLY).rule == "protocol_error"
    assert classify(Stage.FINAL, Fault.REPLY).rule == "answer_unreadable"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("421 try again in 300 seconds", 300),
        ("421 Please retry in 5 minutes", 300),
        ("421 try again after 1 hour", 3600),
        ("421 wait an hour and try again", 3600),
        ("421 wait 2 min", 120),
        ("421 come back in 00:01:30", 90),
        ("421 retry after 30s", 30),
        ("421 try again in 7 days", 86400),
        ("421 try again later", None),
        ("421 try again in 0 seconds", None),
        ("421 you sent 30 mails in 10 minutes", None),
    ],
)
def test_hint_to_come_back_is_read(text, seconds):
    assert said(Stage.MAIL, text).retry_after_s == seconds


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("250 2.0.0 OK 4E/12-01234-ABCDEF01", "4E/12-01234-ABCDEF01"),
        ("250 Requested mail action okay, completed: id=1MBmcl-1kLmno3", "1MBmcl-1kLmno3"),
        ("250 Great success", ""),
        ("254 4.7.1 Suppression for user ann to lee@example.net", ""),
        ("250 " + "queued as " + "A" * 500, "A" * 200),
    ],
)
def test_reference_of_an_accepted_mail_is_read(text, reference):
    assert said(Stage.FINAL, text).provider_reference == reference

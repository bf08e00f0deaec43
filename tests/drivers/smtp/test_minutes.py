"""What is kept of a conversation: all that was said, and nothing of secrets and content."""

import pytest

from panel.domain.outcome import Outcome
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import an_account, refusal, relay, send
from tests.drivers.smtp.dialogue import a_parcel

OURS = b"Subject: Our secret plan\r\n"
BODY = b"Meet me at noon.\r\n"
LEE = "reply-550-5.1.1@x.test"
"""The scripted server refuses it."""


def lines(outcome: Outcome) -> list[str]:
    return outcome.transcript.split("\n")


def test_refused_mail_tells_what_was_said_before_and_with_it(driver: SmtpDriver, smtp_server):
    smtp_server.answers("final", "554 5.7.1 no thanks")
    parcel = a_parcel(header=OURS, body=BODY)

    (outcome,) = send(driver, an_account(smtp_server.port), parcel)

    told = lines(outcome)
    assert told[0].startswith("S: 220 ")
    assert "C: RCPT TO:<kim@example.net>" in told
    assert told[-2:] == [f"-: content {parcel.size}", "S: 554 5.7.1 no thanks"]
    assert "plan" not in outcome.transcript
    assert "noon" not in outcome.transcript


def test_mail_that_goes_well_at_once_keeps_nothing(driver: SmtpDriver, smtp_server):
    (outcome,) = send(driver, an_account(smtp_server.port), a_parcel())

    assert outcome.is_sent
    assert outcome.transcript == ""


def test_watched_mail_tells_how_it_was_taken(driver: SmtpDriver, smtp_server):
    (outcome,) = send(driver, an_account(smtp_server.port), a_parcel(is_watched=True))

    assert outcome.is_sent
    assert lines(outcome)[-1].startswith("S: 250 ")


def test_refused_login_tells_the_login_without_the_password(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(users={"tim": "tanstaaf"})
    account = an_account(server.port, username="tim", secret="wrong-horse")

    outcome = refusal(driver, account)

    assert any(line.startswith("C: AUTH ") for line in lines(outcome))
    assert "C: ********" in lines(outcome)
    assert "wrong-horse" not in outcome.transcript


def test_each_recipient_reads_of_itself_only(driver: SmtpDriver, smtp_server):
    taken, refused, _ = send(
        driver, an_account(smtp_server.port), a_parcel("kim@x.test", LEE, "max@x.test")
    )

    assert taken.transcript == ""
    told = lines(refused)
    assert f"C: RCPT TO:<{LEE}>" in told
    assert f"S: 550 5.1.1 <{LEE}>: as the address asks" in told
    assert "-: others 2" in told
    assert "kim@x.test" not in refused.transcript


@pytest.mark.parametrize("way", [send, relay])
@pytest.mark.parametrize("chunking", [False, True])
def test_later_mails_of_a_connection_tell_how_many_went_before(
    driver: SmtpDriver, make_smtp_server, chunking: bool, way
):
    server = make_smtp_server(chunking=chunking)
    later = a_parcel(LEE, header=OURS, body=BODY)

    outcomes = way(driver, an_account(server.port), a_parcel("kim@x.test"), later)

    told = lines(outcomes[-1])
    assert "-: earlier 1" in told
    assert f"C: RCPT TO:<{LEE}>" in told
    assert f"S: 550 5.1.1 <{LEE}>: as the address asks" in told
    assert "kim@x.test" not in outcomes[-1].transcript


def test_lost_connection_is_told_at_the_end(driver: SmtpDriver, smtp_server):
    smtp_server.drop("final")

    (outcome,) = send(driver, an_account(smtp_server.port), a_parcel())

    assert lines(outcome)[-1].startswith("-: end ")


def test_server_that_cannot_be_reached_said_nothing(driver: SmtpDriver, smtp_server):
    smtp_server.stop()

    outcome = refusal(driver, an_account(smtp_server.port))

    assert outcome.transcript == ""

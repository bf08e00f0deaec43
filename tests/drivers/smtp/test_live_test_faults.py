"""A live test of servers that refuse, stall, flood, hang up or tell too much."""

import base64
import time
from dataclasses import replace

import pytest

from panel.domain.connection_test import StepStatus
from panel.domain.provider import Encryption
from panel.drivers.egress import EgressPolicy
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import HASTY, QUICK, an_account, statuses, step, try_out

OK, FAILED, SKIPPED, WARNING = (
    StepStatus.OK, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.WARNING,
)  # fmt: skip
USERS = {"tim": "tanstaaf"}
LOGIN = {"username": "tim", "secret": "tanstaaf"}


@pytest.mark.parametrize("line", ["554 5.7.1 not for you", "421 4.3.2 busy"])
def test_refusing_banner_is_answered_with_quit(driver: SmtpDriver, smtp_server, line: str):
    smtp_server.answers("banner", line)

    began = time.monotonic()
    test, _ = try_out(driver, an_account(smtp_server.port))

    assert time.monotonic() - began < 5
    assert test.error is not None
    assert (test.error.step, test.error.reply) == ("banner", line)
    assert statuses(test)["ehlo"] is SKIPPED
    assert statuses(test)["quit"] is not FAILED


@pytest.mark.parametrize(
    ("stage", "name"),
    [("banner", "banner"), ("ehlo", "ehlo"), ("starttls", "starttls"), ("tls", "starttls"),
     ("auth", "auth")],
)  # fmt: skip
def test_server_that_stalls_ends_with_the_whole_tests_deadline(
    driver: SmtpDriver, make_smtp_server, stage: str, name: str
):
    server = make_smtp_server(starttls=True, users=USERS)
    server.stall(stage)
    account = an_account(server.port, encryption=Encryption.TLS, timeouts=HASTY, **LOGIN)

    began = time.monotonic()
    test, _ = try_out(driver, account)

    assert time.monotonic() - began < HASTY.test_s + 2
    assert test.error is not None
    assert test.error.step == name
    assert step(test, name).status is FAILED
    assert test.steps[-1].name == "quit"


def test_dribbling_server_does_not_outlast_the_deadline(driver: SmtpDriver, smtp_server):
    """Every reply comes within its own time, all together do not."""
    less_hasty = replace(HASTY, test_s=1.5)
    smtp_server.delay("banner", 0.15)
    smtp_server.delay("ehlo", 0.15)
    smtp_server.delay("quit", 5)

    began = time.monotonic()
    test, _ = try_out(driver, an_account(smtp_server.port, timeouts=less_hasty))

    assert time.monotonic() - began < less_hasty.test_s + 2
    assert test.ok
    assert step(test, "quit").status is WARNING


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("stage", ["banner", "ehlo", "auth"])
def test_flooding_server_is_cut_off(driver: SmtpDriver, make_smtp_server, stage: str, lines: bool):
    server = make_smtp_server(users=USERS)
    server.flood(stage, lines=lines)

    test, _ = try_out(driver, an_account(server.port, timeouts=QUICK, **LOGIN))

    assert test.error is not None
    assert (test.error.step, test.error.rule) == (stage, "protocol_error")
    assert sum(map(len, test.transcript)) < 200 * 600


@pytest.mark.parametrize("stage", ["banner", "ehlo", "auth"])
def test_server_that_hangs_up_is_told_as_such(driver: SmtpDriver, make_smtp_server, stage: str):
    server = make_smtp_server(users=USERS)
    server.drop(stage)

    test, _ = try_out(driver, an_account(server.port, **LOGIN))

    assert step(test, stage).status is FAILED
    assert step(test, stage).detail in {
        "The server closed the connection",
        "Connection reset by peer",
    }
    assert step(test, "quit").status is SKIPPED


def test_forbidden_address_and_closed_port_fail_at_their_steps(driver: SmtpDriver, smtp_server):
    port = smtp_server.port
    blocked, _ = try_out(driver, an_account(port, egress=EgressPolicy.parse("public")))
    smtp_server.stop()
    closed, _ = try_out(driver, an_account(port))

    assert blocked.error is not None
    assert (blocked.error.step, blocked.error.rule) == ("resolve", "address_blocked")
    assert closed.error is not None
    assert (closed.error.step, closed.error.rule) == ("connect", "unreachable")
    for test in (blocked, closed):
        assert step(test, "quit").status is SKIPPED
        assert {each.status for each in test.steps} == {OK, FAILED, SKIPPED} or test is blocked


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_no_secret_in_anything_a_test_tells(driver: SmtpDriver, make_smtp_server, mechanism: str):
    secret = "correct-horse-battery"
    server = make_smtp_server(users=USERS, mechanisms=(mechanism,))
    encoded = base64.b64encode(secret.encode()).decode()
    whole = base64.b64encode(f"\0tim\0{secret}".encode()).decode()
    server.answers("auth", f"535-5.7.8 not {secret}\n535-5.7.8 {encoded}\n535 5.7.8 {whole}")

    test, reported = try_out(driver, an_account(server.port, username="tim", secret=secret))

    told = repr((test, reported))
    for form in (secret, encoded, whole):
        assert form not in told
    assert any(line.startswith(f"C: AUTH {mechanism}") for line in test.transcript)


def test_what_servers_say_is_made_harmless(driver: SmtpDriver, smtp_server):
    smtp_server.answers("banner", b"220 \x1b[2J\x00evil\x85<script>\r\n")

    test, _ = try_out(driver, an_account(smtp_server.port))

    told = step(test, "banner").reply + "".join(test.transcript)
    assert told.isprintable()

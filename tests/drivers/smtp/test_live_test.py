"""The live test shows each step as it ends, tells the truth about TLS, and always says goodbye."""

import asyncio

import pytest

from panel.domain.connection_test import Step, StepStatus
from panel.domain.provider import Encryption
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import an_account, statuses, step, try_out
from tests.fakes.smtp_certificates import Certificate

OK, FAILED, SKIPPED, WARNING = (
    StepStatus.OK, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.WARNING,
)  # fmt: skip
USERS = {"tim": "tanstaaf"}
LOGIN = {"username": "tim", "secret": "tanstaaf"}
BAD_CERTIFICATES = [Certificate.EXPIRED, Certificate.WRONG_NAME, Certificate.UNTRUSTED]
WAYS = [
    ({"implicit_tls": True}, Encryption.SSL, "tls"),
    ({"starttls": True}, Encryption.TLS, "starttls"),
]


def test_everything_passes_over_starttls(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(starttls=True, users=USERS)
    account = an_account(server.port, encryption=Encryption.TLS, **LOGIN)

    test, reported = try_out(driver, account)

    assert test.ok
    assert statuses(test) == dict.fromkeys(
        ["resolve", "connect", "banner", "ehlo", "starttls", "ehlo_tls", "auth", "quit"], OK
    )
    assert reported == list(test.steps)
    assert step(test, "banner").reply == "220 fake.example ESMTP ready"
    assert step(test, "auth").detail == "PLAIN"
    assert step(test, "quit").reply == "221 2.0.0 Bye"
    assert {"PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN CRAM-MD5"} <= set(test.extensions)
    assert test.auth is not None
    assert (test.auth.mechanism, test.auth.ok) == ("PLAIN", True)
    assert test.error is None
    assert (test.connection.host, test.connection.security) == ("localhost", "tls")
    assert test.connection.timeout_s == account.timeouts.test_s


def test_implicit_tls_has_a_step_of_its_own(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(implicit_tls=True)

    test, _ = try_out(driver, an_account(server.port, encryption=Encryption.SSL))

    assert test.ok
    assert [each.name for each in test.steps][:4] == ["resolve", "connect", "tls", "banner"]
    assert statuses(test)["starttls"] is SKIPPED
    assert test.tls is not None
    assert test.tls.trusted
    assert test.tls.version.startswith("TLSv1.")
    assert "O=trustme" in test.tls.subject
    assert test.tls.not_after


def test_steps_that_do_not_apply_are_skipped_with_the_reason(driver: SmtpDriver, smtp_server):
    test, _ = try_out(driver, an_account(smtp_server.port))

    assert test.ok
    skipped = {each.name: each.detail for each in test.steps if each.status is SKIPPED}
    assert skipped == {
        "starttls": "No encryption",
        "ehlo_tls": "No encryption",
        "auth": "No username is set",
    }
    assert test.tls is None
    assert test.auth is None


def test_steps_are_reported_the_moment_they_end(driver: SmtpDriver, make_smtp_server):
    """When the server is asked to answer at last, the steps before were told already."""
    server = make_smtp_server()
    reported: list[str] = []

    async def run() -> None:
        server.stall("ehlo")
        told = asyncio.Event()

        def report(each: Step) -> None:
            reported.append(each.name)
            if each.name == "banner":
                told.set()

        testing = asyncio.create_task(driver.test(an_account(server.port), report))
        await asyncio.wait_for(told.wait(), 5)
        assert reported == ["resolve", "connect", "banner"]
        testing.cancel()
        await asyncio.wait({testing})

    asyncio.run(run())
    server.wait_for_command("CLOSED")


def test_refused_login_fails_the_test_and_quit_is_said(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(users=USERS)

    test, _ = try_out(driver, an_account(server.port, username="tim", secret="wrong-one"))

    assert not test.ok
    assert step(test, "auth").status is FAILED
    assert step(test, "auth").reply == "535 5.7.8 Authentication credentials invalid"
    assert test.error is not None
    assert (test.error.step, test.error.rule) == ("auth", "login_refused")
    assert test.auth is not None
    assert not test.auth.ok
    assert step(test, "quit").status is OK
    assert "QUIT" in server.verbs


@pytest.mark.parametrize(("features", "encryption", "name"), WAYS)
@pytest.mark.parametrize("certificate", BAD_CERTIFICATES)
def test_bad_certificate_fails_and_is_shown_when_verification_is_on(
    driver: SmtpDriver, make_smtp_server, features, encryption, name, certificate
):
    server = make_smtp_server(users=USERS, certificate=certificate, **features)

    test, _ = try_out(driver, an_account(server.port, encryption=encryption, **LOGIN))

    assert not test.ok
    assert step(test, name).status is FAILED
    assert step(test, name).detail
    assert test.error is not None
    assert (test.error.step, test.error.rule) == (name, "certificate_untrusted")
    assert test.tls is not None
    assert not test.tls.trusted
    assert test.tls.issuer
    assert step(test, "auth").status is SKIPPED
    assert "AUTH" not in server.verbs
    assert "QUIT" in server.verbs


@pytest.mark.parametrize(("features", "encryption", "name"), WAYS)
@pytest.mark.parametrize("certificate", BAD_CERTIFICATES)
def test_bad_certificate_is_a_warning_when_verification_is_off(
    driver: SmtpDriver, make_smtp_server, features, encryption, name, certificate
):
    server = make_smtp_server(users=USERS, certificate=certificate, **features)
    account = an_account(server.port, encryption=encryption, verify_certificate=False, **LOGIN)

    test, reported = try_out(driver, account)

    assert test.ok
    assert step(test, name).status is WARNING
    assert step(test, name).detail
    assert step(test, "auth").status is OK
    assert test.tls is not None
    assert not test.tls.trusted
    assert len({each.name for each in reported}) == len(reported)


@pytest.mark.parametrize(("features", "encryption", "name"), WAYS)
def test_good_certificate_is_called_trusted_with_verification_off_as_well(
    driver: SmtpDriver, make_smtp_server, features, encryption, name
):
    server = make_smtp_server(**features)
    account = an_account(server.port, encryption=encryption, verify_certificate=False)

    test, _ = try_out(driver, account)

    assert test.tls is not None
    assert test.tls.trusted
    assert step(test, name).status is OK
    server.wait_for_command("CLOSED")
    assert server.connections == 1


def test_missing_starttls_fails_without_showing_the_password(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(users=USERS)

    test, _ = try_out(driver, an_account(server.port, encryption=Encryption.TLS, **LOGIN))

    assert test.error is not None
    assert (test.error.step, test.error.rule) == ("starttls", "starttls_missing")
    assert statuses(test)["ehlo_tls"] is SKIPPED
    assert step(test, "auth").detail == "Not reached"
    server.wait_for_command("CLOSED")
    assert server.verbs == ["CONNECT", "EHLO", "QUIT", "CLOSED"]

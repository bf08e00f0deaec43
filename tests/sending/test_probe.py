"""Live connection tests: events as they happen, an end for every test, QUIT whatever happens."""

from threading import enumerate as threads

import pytest

from panel.domain.connection_test import ConnectionTest, StepStatus
from panel.domain.provider import ConnectionIdentity, Encryption
from panel.drivers.egress import EgressPolicy
from panel.sending import probe
from tests.factories.provider_forms import SECRET

LOOPBACK = EgressPolicy.parse("loopback")


def identity(port, **overrides):
    values = {
        "driver": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "encryption": Encryption.NONE,
        "verify_certificate": True,
        "username": "",
    }
    return ConnectionIdentity(**(values | overrides))


def start(port, *, secret="", egress=LOOPBACK, **overrides):
    return probe.start(probe.account(identity(port, **overrides), secret=secret, egress=egress))


def test_events_are_the_steps_then_the_whole_test(smtp_server):
    *steps, result = start(smtp_server.port)

    assert [step.name for step in steps] == [
        "resolve", "connect", "banner", "ehlo", "starttls", "ehlo_tls", "auth", "quit",
    ]  # fmt: skip
    assert isinstance(result, ConnectionTest)
    assert result.ok
    assert result.steps == tuple(steps)


def test_step_arrives_before_the_server_has_answered_the_next(smtp_server):
    smtp_server.stall("ehlo")

    events = start(smtp_server.port)

    names = [next(events).name for _ in range(3)]
    smtp_server.wait_for_command("EHLO")
    assert names == ["resolve", "connect", "banner"]
    smtp_server.stop()
    *_, result = events
    assert not result.ok
    assert result.error.step == "ehlo"


def test_test_goes_on_when_nobody_listens(make_smtp_server):
    server = make_smtp_server(users={"kim": SECRET})

    events = start(server.port, username="kim", secret=SECRET)
    next(events)
    del events

    server.wait_for_command("QUIT")


def test_refused_login_ends_with_quit_and_without_the_secret(make_smtp_server):
    server = make_smtp_server(users={"kim": "another"})

    *steps, result = start(server.port, username="kim", secret=SECRET)

    assert not result.ok
    assert (result.error.step, result.error.rule) == ("auth", "login_refused")
    assert [step.name for step in steps if step.status is StepStatus.FAILED] == ["auth"]
    assert "QUIT" in server.verbs
    assert SECRET not in repr((steps, result))


def test_address_that_is_not_allowed_is_not_dialled(smtp_server):
    *_, result = start(smtp_server.port, egress=EgressPolicy.parse("public"))

    assert (result.error.step, result.error.rule) == ("resolve", "address_blocked")
    assert smtp_server.connections == 0


def test_tests_run_beside_each_other(make_smtp_server):
    slow, quick = make_smtp_server(), make_smtp_server()
    slow.stall("ehlo")
    waiting = start(slow.port)
    slow.wait_for_command("EHLO")

    *_, result = start(quick.port)

    assert result.ok
    slow.stop()
    *_, result = waiting
    assert not result.ok


def test_thread_ends_with_its_test(smtp_server):
    *_, _result = start(smtp_server.port)

    for thread in threads():
        if thread.name == "connection-test":
            thread.join(timeout=10)
    assert "connection-test" not in [thread.name for thread in threads()]


def test_fault_of_the_driver_reaches_whoever_waits():
    with pytest.raises(KeyError):
        list(start(1, driver="carrier-pigeon"))


def test_account_has_no_secret_in_its_repr():
    account = probe.account(identity(25), secret=SECRET, egress=LOOPBACK)

    assert SECRET not in repr(account)


@pytest.mark.parametrize("host", ["", "127.1", "2130706433", "a b", "-a.test", "a..test"])
def test_host_that_cannot_be_dialled_has_a_fault(host):
    assert probe.host_fault(host)
    assert probe.clean_host(host) == host


def test_clean_host_is_in_the_form_that_is_dialled():
    assert probe.clean_host("SMTP.Bücher.test") == "smtp.xn--bcher-kva.test"

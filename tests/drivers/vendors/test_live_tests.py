"""The live test of each vendor: named steps, nothing sent, no key in anything that is shown."""

import asyncio

import pytest

from panel.domain.connection_test import ConnectionTest, Step
from panel.domain.outcome_rules import rule
from panel.domain.provider import Encryption
from panel.drivers.registry import VENDORS
from tests.drivers.smtp.accounts import HASTY, statuses
from tests.drivers.vendors.samples import an_account, by_path, samples
from tests.fakes.http_server import Act, Given
from tests.fakes.smtp_certificates import Certificate

CASES = [(vendor, case) for vendor in VENDORS for case in samples(vendor.name)["checks"]]


def try_out(driver, account) -> tuple[ConnectionTest, list[Step]]:
    reported: list[Step] = []
    return asyncio.run(driver.test(account, reported.append)), reported


def name_of(item: object) -> str:
    return item["about"] if isinstance(item, dict) else str(getattr(item, "name", item))


@pytest.mark.parametrize(("vendor", "case"), CASES, ids=name_of, indirect=["vendor"])
def test_each_step_tells_what_it_found(vendor, driver, server, case):
    server.answer = by_path(case["answers"])

    test, reported = try_out(driver, an_account(vendor, server.port))

    found = {name: status.value for name, status in statuses(test).items()}
    assert found == {"resolve": "ok", "connect": "ok"} | case["steps"]
    assert test.ok is ("rule" not in case)
    assert list(test.steps) == reported
    if test.error is not None:
        assert test.error.rule == case["rule"]
        assert rule(test.error.rule)


def test_key_is_in_no_step_and_in_no_transcript(vendor, driver, server):
    account = an_account(vendor, server.port)
    said = " ".join(vendor.secrets(account)).encode()
    server.answer = lambda asked: Given(401, b'{"message": "' + said + b'"}')

    test, _ = try_out(driver, account)

    assert not test.ok
    assert test.transcript
    assert not [secret for secret in vendor.secrets(account) if secret in repr(test)]


def test_server_that_says_nothing_is_not_waited_for(vendor, driver, server):
    server.answer = lambda _: Given(act=Act.STALL)

    test, _ = try_out(driver, an_account(vendor, server.port, timeouts=HASTY))

    assert statuses(test)["authenticate"] == "failed"
    assert test.error is not None
    assert test.error.rule == "timed_out"


def test_redirect_is_a_fault_and_not_followed(vendor, driver, server):
    server.answer = lambda _: Given(302, headers={"Location": "/elsewhere"})

    test, _ = try_out(driver, an_account(vendor, server.port))

    assert test.error is not None
    assert test.error.rule == "api_redirected"
    assert "/elsewhere" not in {asked.path for asked in server.asked}


@pytest.mark.parametrize("verified", [True, False])
def test_bad_certificate_fails_or_warns(vendor, driver, make_server, verified):
    server = make_server(Certificate.UNTRUSTED)
    server.answer = by_path(samples(vendor.name)["checks"][0]["answers"])
    account = an_account(
        vendor, server.port, encryption=Encryption.SSL, verify_certificate=verified
    )

    test, _ = try_out(driver, account)

    assert statuses(test)["tls"] == ("failed" if verified else "warning")
    assert test.ok is not verified
    assert test.tls is not None
    assert not test.tls.trusted
    assert bool(server.asked) is not verified


def test_first_check_of_every_vendor_is_its_key(vendor):
    assert vendor.checks[0].name == "authenticate"
    assert {"/" + check.name for check in vendor.checks}

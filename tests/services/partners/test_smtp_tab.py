"""The SMTP tab: the same rules as for the house's providers, and nothing told of the network."""

import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from panel.domain.connection_test import ConnectionTest, StepStatus
from panel.domain.permission import COMMAND_LINE
from panel.domain.provider import Encryption, ServiceType
from panel.drivers.egress import EgressPolicy
from panel.services import partner_servers, partner_tests, smtp_tab
from panel.services.connection_runs import last
from panel.services.installation import Installation
from panel.services.provider_values import ConnectionValues
from panel.services.refusals import Invalid, NotFound, TooMany
from panel.services.smtp_tab import ServerValues
from panel.services.test_mails import Letter
from panel.storage.models import AuditEvent, Provider
from tests.factories.moments import NOON
from tests.factories.provider_forms import SECRET
from tests.kit.ports import free_port

MAIN, FALLBACK = ServiceType.PRIMARY, ServiceType.FALLBACK
PAD_S = 0.3


@pytest.fixture
def installation(config, vault):
    """Partners may reach the servers of the tests, at 127.0.0.1 and at no other address."""
    reached = EgressPolicy.parse("127.0.0.1/32:1-65535")
    return Installation(config=replace(config, partner_egress=reached), vault=vault)


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET}, mechanisms=("PLAIN",))


@pytest.fixture
def pad(monkeypatch):
    """Failures to reach a server end after a short while."""
    monkeypatch.setattr(partner_tests, "TEST_S", PAD_S)
    monkeypatch.setattr(partner_tests, "MAIL_S", PAD_S)


def login(port, **overrides):
    values = {"host": "127.0.0.1", "port": port, "encryption": Encryption.NONE}
    values |= {"username": "kim", "password": SECRET}
    return ConnectionValues(**(values | overrides))


@pytest.fixture
def save(session, acme, installation):
    def save(actor, connection, *, slug="acme", place=MAIN, now=NOON, **more):
        values = ServerValues(connection, email="post@acme.test")
        return smtp_tab.save(
            session, actor, slug=slug, place=place, values=values, version=None,
            installation=installation, now=now, **more,
        )  # fmt: skip

    return save


@pytest.fixture
def try_out(session, acme, installation):
    def try_out(actor, connection, *, slug="acme", now=NOON):
        events = smtp_tab.test(
            session, actor, slug=slug, place=MAIN, values=connection,
            installation=installation, now=now,
        )  # fmt: skip
        return last(events)

    return try_out


def test_a_server_that_passes_is_active_and_belongs_to_the_partner(save, admin, acme, server):
    saved = save(admin, login(server.port))

    assert saved.provider.is_active
    assert (saved.provider.partner_id, saved.provider.name) == (acme.id, "Acme SMTP")
    assert saved.provider.from_email == "post@acme.test"


def test_a_server_that_fails_is_saved_inactive(save, admin, server):
    saved = save(admin, login(server.port, password="wrong"))

    assert saved.is_put_aside
    assert saved.test.error.step == "auth"


def test_only_the_house_overrides_a_failed_test(save, admin, server):
    wrong = login(server.port, password="wrong")

    assert not save(admin, wrong, override_reason="because").provider.is_active
    assert save(COMMAND_LINE, wrong, override_reason="because").provider.is_active


def test_the_stored_password_stays_with_its_connection(save, admin, server):
    save(admin, login(server.port))

    assert save(admin, login(server.port, password="")).provider.is_active
    with pytest.raises(Invalid) as refusal:
        save(admin, login(server.port, host="localhost", password=""))
    assert set(refusal.value.errors) == {"password"}


def test_main_server_and_fallback_are_two(save, session, admin, server, installation):
    save(admin, login(server.port))
    save(admin, login(server.port), place=FALLBACK)
    save(admin, login(server.port), place=FALLBACK)

    tab = partner_servers.show_tab(session, admin, slug="acme", installation=installation, now=NOON)
    names = [server.provider.name for server in (tab.main, tab.fallback) if server]
    assert names == ["Acme SMTP", "Acme SMTP fallback"]
    assert session.query(Provider).count() == 2

    smtp_tab.remove(session, admin, slug="acme", place=MAIN, now=NOON)
    tab = partner_servers.show_tab(session, admin, slug="acme", installation=installation, now=NOON)
    assert tab.main is None
    assert tab.fallback is not None


def test_another_partner_is_not_there(session, save, try_out, admin, rival, installation):
    key: dict[str, Any] = {"slug": "rival", "place": MAIN, "now": NOON}
    for act in (
        lambda: partner_servers.show_tab(
            session, admin, slug="rival", installation=installation, now=NOON
        ),
        lambda: save(admin, login(25), slug="rival"),
        lambda: try_out(admin, login(25), slug="rival"),
        lambda: smtp_tab.remove(session, admin, **key),
        lambda: smtp_tab.confirm_mail(session, admin, code="AAAA-AAAA", **key),
    ):
        with pytest.raises(NotFound):
            act()


def lookup(monkeypatch, *answers):
    """Lets the operating system's look-up of `moving.test` give one answer after the other."""
    asked = iter(answers)
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        if host != "moving.test":
            return real(host, port, *args, **kwargs)
        answer = next(asked)
        if isinstance(answer, OSError):
            raise answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
SILENT = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_partner_admin_cannot_tell_why_a_server_is_not_reached(
    session, admin, save, try_out, monkeypatch, pad
):
    lookup(monkeypatch, UNKNOWN, SILENT, "10.0.0.5", "127.0.0.1", UNKNOWN, "10.0.0.5")
    port, told = free_port(), []
    for _ in range(4):
        watch = partner_tests.Stopwatch.started()
        told.append(try_out(admin, login(port, host="moving.test")))
        assert partner_tests.Stopwatch.started().began_at - watch.began_at >= PAD_S

    assert told == [told[0]] * 4
    assert told[0].error.rule == "not_reached"
    assert told[0].error.detail == ""
    assert [step.name for step in told[0].steps if step.status is StepStatus.FAILED] == ["connect"]
    later = NOON + timedelta(minutes=2)
    saves = [save(admin, login(port, host="moving.test"), now=later) for _ in range(2)]
    assert [item.test for item in saves] == [told[0]] * 2
    causes = session.scalars(
        select(AuditEvent.after["rule"]).where(AuditEvent.action == "provider.tested")
    )
    assert list(causes) == [
        "host_unknown", "dns_failed", "address_blocked", "unreachable", "host_unknown",
        "address_blocked",
    ]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_operator_is_told_why(try_out, monkeypatch, acme):
    lookup(monkeypatch, UNKNOWN, "10.0.0.5")

    results = [try_out(COMMAND_LINE, login(25, host="moving.test")) for _ in range(2)]

    assert [item.error.rule for item in results] == ["host_unknown", "address_blocked"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_name_that_moves_inside_after_its_test_is_reached_no_more(
    session, admin, save, server, installation, monkeypatch, pad
):
    lookup(monkeypatch, "127.0.0.1", "10.0.0.5", "127.0.0.1", "10.0.0.5")
    assert save(admin, login(server.port, host="moving.test")).provider.is_active
    mails = [
        smtp_tab.send_mail(
            session, admin, slug="acme", place=MAIN, to="kim@acme.test",
            write=lambda name, code: partner_letter(code),
            installation=installation, now=NOON,
        )
        for _ in range(3)
    ]  # fmt: skip

    assert [mail.outcome.rule for mail in mails] == ["not_reached", "accepted", "not_reached"]
    assert mails[0].outcome.said == ""
    assert len(server.mails) == 1


def partner_letter(code):
    return Letter("test", code, "")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tests_are_limited_by_user_and_by_partner(try_out, admin, server):
    for _ in range(5):
        assert try_out(admin, login(server.port)).ok
    with pytest.raises(TooMany):
        try_out(admin, login(server.port))

    for minute in range(1, 6):
        for _ in range(5):
            try_out(admin, login(server.port), now=NOON + timedelta(minutes=2 * minute))
    with pytest.raises(TooMany):
        try_out(admin, login(server.port), now=NOON + timedelta(minutes=20))


def test_operators_are_not_limited(try_out, server):
    assert all(try_out(COMMAND_LINE, login(server.port)).ok for _ in range(7))


def test_steps_that_reach_a_server_are_told_as_they_happen(
    session, admin, acme, server, installation
):
    events = smtp_tab.test(
        session, admin, slug="acme", place=MAIN, values=login(server.port),
        installation=installation, now=NOON,
    )  # fmt: skip

    *steps, result = events
    assert isinstance(result, ConnectionTest)
    assert tuple(steps) == result.steps
    assert (result.steps[0].name, result.steps[-1].name) == ("resolve", "quit")

"""Tests of saved and of entered values: which password they use, what they leave behind."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.decision import NO_PROVIDER
from panel.domain.delivery import DeliveryState
from panel.domain.provider import Encryption
from panel.drivers.egress import EgressPolicy
from panel.services import connection_tests
from panel.services.connection_runs import last
from panel.services.installation import Installation
from panel.services.refusals import Invalid, NotAllowed, NotFound
from panel.storage.models import AuditEvent, Delivery, Provider, ProviderHealth
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.factories.provider_forms import OPERATOR, SECRET, SUPPORT, connection_values
from tests.factories.providers import a_provider
from tests.fakes.smtp_certificates import Certificate

USERS = {"kim": SECRET}


@pytest.fixture
def installation(config, vault):
    return Installation(config=config, vault=vault)


@pytest.fixture
def try_saved(session, installation):
    def try_saved(provider, *, actor=OPERATOR):
        return connection_tests.of_saved(
            session, actor, provider_id=provider.id, installation=installation, now=NOON
        )

    return try_saved


@pytest.fixture
def try_draft(session, installation):
    def try_draft(values, *, provider=None, actor=OPERATOR):
        known = {"provider_id": provider.id if provider else None, "installation": installation}
        return connection_tests.of_draft(session, actor, values=values, now=NOON, **known)

    return try_draft


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users=USERS)


@pytest.fixture
def saved(session, vault, server):
    """An untested provider with a stored password."""
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    provider = a_provider(session, port=server.port, verified=False, is_active=False, **login)
    session.commit()
    return provider


def stored(session, provider):
    session.expire_all()
    return session.get(Provider, provider.id)


def test_passed_test_verifies_the_saved_provider(try_saved, saved, session):
    assert last(try_saved(saved)).ok

    provider = stored(session, saved)
    assert provider.is_verified
    assert (provider.verified_at, provider.verified_by) == (NOON, "ada@house.test")


def test_failed_test_leaves_an_earlier_pass_alone(try_saved, session):
    provider = a_provider(session, port=9)
    session.commit()

    assert not last(try_saved(provider)).ok

    assert stored(session, provider).is_verified


def test_passed_test_closes_the_breaker_and_releases_mail(try_saved, saved, session):
    session.add(ProviderHealth(provider_id=saved.id, state=BreakerState.DISABLED, failures=2))
    delivery = a_delivery(session, state=DeliveryState.HELD, rule=NO_PROVIDER, next_attempt_at=None)
    session.commit()

    last(try_saved(saved))

    session.expire_all()
    health = session.get(ProviderHealth, saved.id)
    assert health is None or health.state is BreakerState.CLOSED
    assert session.get(Delivery, delivery.id).next_attempt_at == NOON


def test_passed_test_forgets_what_came_of_scheduled_ones(try_saved, saved, session):
    failed = {"retested_at": NOON, "retest_rule": "unreachable", "retest_at": NOON}
    state = BreakerState.CLOSED
    session.add(ProviderHealth(provider_id=saved.id, state=state, **failed))
    session.commit()

    last(try_saved(saved))

    session.expire_all()
    health = session.get_one(ProviderHealth, saved.id)
    assert (health.retested_at, health.retest_rule, health.retest_at) == (None, "", None)


@pytest.mark.parametrize("is_verified", [True, False])
def test_end_of_the_certificate_is_kept_whether_the_test_passes_or_not(
    is_verified, try_saved, session, make_smtp_server
):
    server = make_smtp_server(implicit_tls=True, certificate=Certificate.EXPIRED)
    provider = a_provider(
        session, port=server.port, encryption=Encryption.SSL, verify_certificate=is_verified
    )
    session.commit()

    test = last(try_saved(provider))

    assert test.ok is not is_verified
    assert test.tls
    session.expire_all()
    health = session.get_one(ProviderHealth, provider.id)
    assert health.certificate_of == f"127.0.0.1:{server.port}"
    assert health.certificate_ends_at == test.tls.ends_at


def test_each_test_is_audited_without_the_secret(try_saved, saved, session, server):
    server.refuse_login(times=1)
    last(try_saved(saved))
    last(try_saved(saved))

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == ["provider.tested"] * 2
    assert [event.after["ok"] for event in events] == [False, True]
    assert events[0].after["rule"] == "login_refused"
    assert SECRET not in str([event.after for event in events])


def test_pass_of_what_was_edited_meanwhile_verifies_nothing(try_saved, session, make_smtp_server):
    server = make_smtp_server()
    provider = a_provider(session, port=server.port, verified=False, is_active=False)
    session.commit()
    events = try_saved(provider)
    next(events)
    stored(session, provider).port = 9
    session.commit()

    assert last(events).ok

    assert not stored(session, provider).is_verified


def test_test_ends_and_counts_although_nobody_reads_on(try_saved, saved, session, server):
    events = try_saved(saved)
    next(events)

    events.close()

    assert "QUIT" in server.verbs
    assert stored(session, saved).is_verified


def test_no_transaction_is_open_between_the_events(try_saved, saved, session, server):
    server.stall("ehlo", times=1)
    events = try_saved(saved)

    for _ in range(3):
        next(events)
        assert not session.in_transaction()
    server.stop()

    assert not last(events).ok


def test_provider_deleted_during_its_test_is_left_alone(try_saved, saved, session):
    events = try_saved(saved)
    next(events)
    stored(session, saved).deleted_at = NOON
    session.commit()

    assert last(events).ok

    assert stored(session, saved).verified_at is None


def test_password_that_cannot_be_decrypted_fails_clearly(try_saved, saved, session, server):
    saved.secret = b"torn"
    session.commit()

    result = last(try_saved(saved))

    assert result.error
    assert result.error.rule == "secret_unreadable"
    assert server.connections == 0


def test_entered_values_are_tested_without_being_saved(try_draft, server, session):
    values = connection_values(port=server.port, username="kim", password=SECRET)

    assert last(try_draft(values)).ok

    assert session.scalars(select(Provider)).all() == []
    event = session.scalars(select(AuditEvent)).one()
    assert event.after["port"] == server.port
    assert SECRET not in str(event.after)


def test_empty_password_stands_for_the_stored_one_of_the_same_connection(
    try_draft, saved, session, server
):
    values = connection_values(port=server.port, username="kim")

    assert last(try_draft(values, provider=saved)).ok

    assert stored(session, saved).is_verified


def test_typed_password_of_the_same_connection_verifies_nothing(try_draft, saved, session, server):
    values = connection_values(port=server.port, username="kim", password=SECRET)

    assert last(try_draft(values, provider=saved)).ok

    assert not stored(session, saved).is_verified


@pytest.mark.parametrize(
    "other",
    [{"host": "127.0.0.2"}, {"username": "lee"}, {"verify_certificate": False}],
    ids=lambda other: next(iter(other)),
)
def test_stored_password_never_goes_elsewhere(other, try_draft, saved, server):
    same = {"port": server.port, "username": "kim"}

    with pytest.raises(Invalid) as refused:
        try_draft(connection_values(**same | other), provider=saved)

    assert list(refused.value.errors) == ["password"]
    assert server.connections == 0


def test_stored_password_never_goes_to_another_port(try_draft, saved, make_smtp_server):
    other = make_smtp_server(users=USERS)

    with pytest.raises(Invalid):
        try_draft(connection_values(port=other.port, username="kim"), provider=saved)

    assert other.connections == 0


def test_new_provider_needs_its_password_typed(try_draft, server):
    with pytest.raises(Invalid) as refused:
        try_draft(connection_values(port=server.port, username="kim"))

    assert list(refused.value.errors) == ["password"]


def test_values_that_cannot_be_tested_name_their_fields(try_draft):
    with pytest.raises(Invalid) as refused:
        try_draft(connection_values(host="127.1", port=0))

    assert sorted(refused.value.errors) == ["host", "port"]


def test_address_outside_the_policy_is_not_dialled(session, config, saved, server, vault):
    narrow = replace(config, operator_egress=EgressPolicy.parse("public"))
    events = connection_tests.of_saved(
        session,
        OPERATOR,
        provider_id=saved.id,
        installation=Installation(config=narrow, vault=vault),
        now=NOON,
    )

    result = last(events)
    assert result.error
    assert result.error.rule == "address_blocked"
    assert server.connections == 0


def test_support_may_not_test(try_saved, try_draft, saved):
    with pytest.raises(NotAllowed):
        try_saved(saved, actor=SUPPORT)
    with pytest.raises(NotAllowed):
        try_draft(connection_values(), actor=SUPPORT)


def test_deleted_provider_cannot_be_tested(try_saved, saved, session):
    saved.deleted_at = NOON
    session.commit()

    with pytest.raises(NotFound):
        try_saved(saved)

"""Signing in, as the database sees it."""

from typing import Any

import argon2
import pytest
from sqlalchemy import select

from panel.services.passwords import is_outdated
from panel.services.refusals import TooMany
from panel.services.sessions import recognise
from panel.services.sign_in import WrongSignIn, sign_in
from panel.services.throttles import SIGN_IN_OF_ACCOUNT, count
from panel.storage.models import AuditEvent, UserSession
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user

PASSWORD = "correct horse battery staple"
WEAK = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


@pytest.fixture
def anna(session):
    """A user with an old and therefore weak hash."""
    user = a_user(session, email="anna@house.test", password_hash=WEAK.hash(PASSWORD))
    session.commit()
    return user


def enter(session, password: str = PASSWORD, **overrides):
    """One try; the token."""
    values: dict[str, Any] = {
        "email": "anna@house.test",
        "password": password,
        "address": "192.0.2.7",
        "user_agent": "Lynx",
        "now": NOON,
    }
    return sign_in(session, **(values | overrides))


def actions(session) -> list[str]:
    """What the audit holds, in order."""
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_token_is_kept_as_a_hash_only(session, anna):
    token = enter(session)

    row = session.scalars(select(UserSession)).one()
    assert len(token) >= 43
    assert token not in (row.token_hash, row.user_agent)
    assert len(row.token_hash) == 64
    assert row.address == "192.0.2.7"


def test_each_sign_in_has_a_token_of_its_own(session, anna):
    assert enter(session) != enter(session)


def test_old_hash_is_renewed_at_sign_in(session, anna):
    assert is_outdated(anna.password_hash)

    enter(session)

    session.refresh(anna)
    assert not is_outdated(anna.password_hash)
    assert enter(session)


def test_tries_are_audited_without_what_was_typed(session, anna):
    for password in ("wrong", PASSWORD):
        try:
            enter(session, password)
        except WrongSignIn:
            continue

    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [row.action for row in rows] == ["sign_in.refused", "session.begun"]
    assert [row.subject for row in rows] == [f"user:{anna.id}"] * 2
    assert {row.address for row in rows} == {"192.0.2.7"}
    assert PASSWORD not in str([(row.before, row.after) for row in rows])


def test_unknown_address_is_audited_without_its_text(session, anna):
    with pytest.raises(WrongSignIn):
        enter(session, email="typed-a-password-here")

    row = session.scalars(select(AuditEvent)).one()
    assert (row.actor, row.subject) == ("signed out", "user:unknown")


@pytest.mark.parametrize("shut", ["user", "partner"])
def test_right_password_of_a_shut_account_is_refused(session, anna, shut):
    partner = a_partner(session, is_enabled=False)
    if shut == "user":
        anna.is_enabled = False
    else:
        anna.partner_id = partner.id
    session.commit()

    with pytest.raises(WrongSignIn):
        enter(session)


def test_user_without_a_password_cannot_sign_in(session):
    a_user(session, email="anna@house.test")
    session.commit()

    with pytest.raises(WrongSignIn):
        enter(session, "")


def test_success_clears_the_tries_of_the_account(session, anna):
    for _round in range(3):
        for _try in range(SIGN_IN_OF_ACCOUNT.tries - 1):
            count(session, SIGN_IN_OF_ACCOUNT, "anna@house.test", now=NOON)
        assert enter(session)


def test_used_up_tries_hold_for_the_window_only(session, anna):
    for _try in range(SIGN_IN_OF_ACCOUNT.tries):
        count(session, SIGN_IN_OF_ACCOUNT, "anna@house.test", now=NOON)
    session.commit()

    with pytest.raises(TooMany) as refusal:
        enter(session)

    assert refusal.value.wait_s == 900
    assert enter(session, now=NOON + SIGN_IN_OF_ACCOUNT.window)


def test_throttle_of_one_account_leaves_others_alone(session, anna):
    other = a_user(session, email="ben@house.test", password_hash=WEAK.hash(PASSWORD))
    for _try in range(SIGN_IN_OF_ACCOUNT.tries):
        count(session, SIGN_IN_OF_ACCOUNT, "anna@house.test", now=NOON)
    session.commit()

    assert enter(session, email=other.email)


def test_token_is_recognised_as_its_user(session, anna):
    visit = recognise(session, enter(session), address="198.51.100.3", now=NOON)

    assert visit
    assert visit.actor.user_id == anna.id
    assert visit.actor.address == "198.51.100.3"

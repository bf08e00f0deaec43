"""A token opens exactly its own application, and only as long as that may be used."""

from datetime import timedelta

import pytest

from panel.domain.permission import COMMAND_LINE, Permission, Scope
from panel.services.application_tokens import (
    REMEMBERED,
    authenticate,
    forget,
    note_use,
    recall,
)
from panel.services.applications import ApplicationValues, add_application
from panel.storage.models import Application
from tests.factories.moments import NOON
from tests.factories.people import a_partner


def an_application_of(session, slug: str = ""):
    """A new application with its credentials."""
    values = ApplicationValues(name="shop", streams=("system",), partner_slug=slug)
    return add_application(session, COMMAND_LINE, values=values, now=NOON)


def caller(session, token: str, *, now=NOON):
    """Who the token belongs to."""
    return authenticate(session, token, address="192.0.2.7", now=now)


def test_token_opens_its_application(session):
    partner = a_partner(session, slug="acme")
    created = an_application_of(session, "acme")

    actor = caller(session, created.credentials.token).actor

    assert actor.name == "application:shop"
    assert actor.application_id == created.id
    assert actor.scope == Scope(is_everything=False, partner_id=partner.id)
    assert actor.permissions == {Permission.SUBMIT_MAIL}
    assert actor.address == "192.0.2.7"


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token + "A",
        lambda token: token.upper(),
        lambda token: token.replace("pr_", "pr_xxxxxxxx_", 1),
        lambda token: f" {token}",
        lambda token: f"{token}\n",
        lambda token: "pr_zzzzzzzz_" + token[12:],
    ],
)
def test_another_token_opens_nothing(session, change):
    token = an_application_of(session).credentials.token

    assert caller(session, change(token)) is None


def test_smtp_password_is_no_token(session):
    created = an_application_of(session)
    forged = f"pr_{created.credentials.prefix}_{created.credentials.smtp_password}"

    assert caller(session, forged) is None


def test_revoked_application_is_shut_out(session):
    created = an_application_of(session)
    session.get(Application, created.id).revoked_at = NOON
    session.flush()

    assert caller(session, created.credentials.token) is None


def test_application_of_a_disabled_partner_is_shut_out(session):
    partner = a_partner(session, slug="acme")
    created = an_application_of(session, "acme")
    partner.is_enabled = False
    session.flush()

    assert caller(session, created.credentials.token) is None


def test_last_use_is_written_at_most_once_a_minute(session):
    created = an_application_of(session)
    token = created.credentials.token
    row = session.get(Application, created.id)
    soon, later = NOON + timedelta(seconds=30), NOON + timedelta(seconds=61)

    first = caller(session, token)
    assert first.is_to_be_noted
    note_use(session, first, now=NOON)
    assert not caller(session, token, now=soon).is_to_be_noted
    assert caller(session, token, now=later).is_to_be_noted

    note_use(session, first, now=soon)
    session.refresh(row)
    assert row.used_at == NOON
    note_use(session, first, now=later)
    session.refresh(row)
    assert row.used_at == later


def test_a_token_that_was_right_is_known_for_some_seconds_without_the_database(session):
    created = an_application_of(session)
    token = created.credentials.token
    assert recall(token, address="192.0.2.8", now=NOON) is None

    first = caller(session, token)
    again = recall(token, address="192.0.2.8", now=NOON + REMEMBERED / 2)

    assert again is not None
    assert again.actor.application_id == first.actor.application_id == created.id
    assert (again.actor.address, again.is_to_be_noted) == ("192.0.2.8", False)
    assert recall(token, address="192.0.2.8", now=NOON + REMEMBERED) is None


def test_a_clock_that_was_set_back_does_not_keep_a_token_alive(session):
    token = an_application_of(session).credentials.token
    caller(session, token)

    assert recall(token, address="", now=NOON - REMEMBERED) is None


def test_a_wrong_token_is_never_known(session):
    token = an_application_of(session).credentials.token
    caller(session, token[:-1] + "~")
    caller(session, token)

    for wrong in ("", token[:-1], token.upper(), f"{token} "):
        assert recall(wrong, address="", now=NOON) is None


def test_tokens_of_an_application_can_be_forgotten(session):
    first, other = an_application_of(session), an_application_of(session)
    for created in (first, other):
        caller(session, created.credentials.token)

    forget(first.id)

    assert recall(first.credentials.token, address="", now=NOON) is None
    assert recall(other.credentials.token, address="", now=NOON) is not None

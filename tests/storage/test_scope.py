"""Queries for partner data return the rows of the actor's scope and no others."""

import pytest
from sqlalchemy import delete, select, update

from panel.domain.permission import EVERYTHING, Role, Scope
from panel.storage.models import User
from panel.storage.scope import within
from tests.factories.people import a_partner, a_user


@pytest.fixture
def people(session):
    """One user of the house, one of each of two partners; the partners' ids."""
    a_user(session, email="house@house.test")
    ids = [a_partner(session).id for _partner in range(2)]
    for number, partner_id in enumerate(ids):
        email = f"partner{number}@house.test"
        a_user(session, Role.PARTNER_ADMIN, partner_id=partner_id, email=email)
    return ids


def emails(session, scope: Scope) -> list[str]:
    """Who is seen."""
    statement = within(select(User.email).order_by(User.id), User.partner_id, scope)
    return list(session.scalars(statement))


def test_everything_is_not_narrowed(session, people):
    assert len(emails(session, EVERYTHING)) == 3


def test_partner_sees_its_own_rows(session, people):
    scope = Scope(is_everything=False, partner_id=people[1])

    assert emails(session, scope) == ["partner1@house.test"]


def test_house_sees_rows_of_no_partner(session, people):
    assert emails(session, Scope(is_everything=False)) == ["house@house.test"]


def test_changes_are_narrowed_too(session, people):
    scope = Scope(is_everything=False, partner_id=people[0])

    session.execute(within(update(User), User.partner_id, scope).values(name="changed"))
    names = set(session.scalars(select(User.email).where(User.name == "changed")))
    session.execute(within(delete(User), User.partner_id, scope))

    assert names == {"partner0@house.test"}
    assert emails(session, EVERYTHING) == ["house@house.test", "partner1@house.test"]

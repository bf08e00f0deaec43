"""Adding people, changing their roles, shutting them out."""

import pytest
from sqlalchemy import select

from panel.domain.permission import COMMAND_LINE, ROLE_PERMISSIONS, Actor, Role
from panel.services.refusals import Conflict, Invalid, NotAllowed, NotFound
from panel.services.users import NewUser, add_user, change_role, disable_user
from panel.storage.models import AuditEvent, User
from tests.factories.moments import NOON
from tests.factories.people import PASSWORD, a_partner, a_user


def add(session, actor=COMMAND_LINE, **values):
    """Adds a user; the link."""
    new = NewUser(**({"email": "sam@house.test", "role": Role.SUPPORT} | values))
    return add_user(session, actor, new=new, base_url="https://mail.house.test", now=NOON)


def an_actor(role: Role) -> Actor:
    """Somebody with the rights of a role."""
    return Actor(
        name="somebody", permissions=ROLE_PERMISSIONS[role], scope=COMMAND_LINE.scope, role=role
    )


def test_added_user_gets_a_link_and_no_password(session):
    link = add(session, email="Sam@House.test", name=" Sam ")

    user = session.scalars(select(User)).one()
    assert link.startswith("https://mail.house.test/set-up/")
    assert (user.email, user.name, user.password_hash) == ("sam@house.test", "Sam", None)


def test_password_that_is_given_is_set_and_audited_nowhere(session):
    assert add(session, password=PASSWORD) is None

    event = session.scalars(select(AuditEvent)).one()
    assert session.scalars(select(User)).one().password_hash.startswith("$argon2id$")
    assert (event.action, event.actor) == ("user.added", "command line")
    assert "argon2" not in str(event.after)
    assert PASSWORD not in str(event.after)


def test_partner_admin_belongs_to_the_partner(session):
    partner = a_partner(session, slug="acme")

    add(session, role=Role.PARTNER_ADMIN, partner="acme")

    assert session.scalars(select(User)).one().partner_id == partner.id


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "sam"}, "email"),
        ({"email": "sam@house.test\nBcc: eve@elsewhere.test"}, "email"),
        ({"email": "x" * 250 + "@house.test"}, "email"),
        ({"name": "a\x00b"}, "name"),
        ({"password": "short"}, "password"),
        ({"role": Role.PARTNER_ADMIN}, "partner"),
        ({"role": Role.PARTNER_ADMIN, "partner": "nobody"}, "partner"),
        ({"role": Role.SUPPORT, "partner": "acme"}, "partner"),
    ],
)
def test_fault_is_named_at_its_field_and_nothing_is_added(session, values, field):
    a_partner(session, slug="acme")

    with pytest.raises(Invalid) as refusal:
        add(session, **values)

    assert list(refusal.value.errors) == [field]
    assert session.scalars(select(User)).all() == []


def test_address_can_be_taken_once_whatever_its_case(session):
    add(session)

    with pytest.raises(Conflict, match="There is a user sam@house"):
        add(session, email="SAM@house.test")

    assert len(session.scalars(select(User)).all()) == 1


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.PARTNER_ADMIN])
def test_only_operators_change_people(session, role):
    user = a_user(session)
    actor = an_actor(role)

    with pytest.raises(NotAllowed):
        add(session, actor)
    with pytest.raises(NotAllowed):
        change_role(session, actor, user.id, role=Role.SUPPORT, now=NOON)
    with pytest.raises(NotAllowed):
        disable_user(session, actor, user.id, now=NOON)


def test_last_operator_stays(session):
    last = a_user(session)
    a_user(session, is_enabled=False)
    a_user(session, Role.SUPPORT)

    with pytest.raises(Conflict, match="last operator"):
        disable_user(session, COMMAND_LINE, last.id, now=NOON)
    with pytest.raises(Conflict, match="last operator"):
        change_role(session, COMMAND_LINE, last.id, role=Role.SUPPORT, now=NOON)

    assert last.is_enabled
    assert last.role is Role.OPERATOR


def test_one_of_two_operators_can_go(session):
    first, second = a_user(session), a_user(session)

    disable_user(session, COMMAND_LINE, first.id, now=NOON)

    assert (first.is_enabled, second.is_enabled) == (False, True)


def test_new_role_is_audited_with_the_old_one(session):
    user = a_user(session, Role.SUPPORT)

    change_role(session, COMMAND_LINE, user.id, role=Role.OPERATOR, now=NOON)

    event = session.scalars(select(AuditEvent)).one()
    assert event.before == {"role": "support"}
    assert event.after["role"] == "operator"


def test_shutting_out_is_audited_with_what_was_before(session):
    a_user(session)
    user = a_user(session, Role.SUPPORT)

    disable_user(session, COMMAND_LINE, user.id, now=NOON)

    event = session.scalars(select(AuditEvent)).one()
    assert (event.before, event.after["is_enabled"]) == ({"is_enabled": True}, False)


def test_user_that_is_not_there_is_not_found(session):
    with pytest.raises(NotFound):
        disable_user(session, COMMAND_LINE, 99, now=NOON)

"""The table of roles and permissions, and the actors that are asked about it."""

import pytest

from panel.domain.permission import (
    APPLICATION_PERMISSIONS,
    COMMAND_LINE,
    EVERYTHING,
    RIGHT_PERMISSIONS,
    ROLE_PERMISSIONS,
    Actor,
    Permission,
    Role,
    Scope,
    user_actor,
)

CHANGING = {
    Permission.CHANGE_PROVIDERS,
    Permission.CHANGE_USERS,
    Permission.CHANGE_PARTNERS,
    Permission.CHANGE_APPLICATIONS,
    Permission.CHANGE_SETTINGS,
}


def a_user(role: Role, partner_id: int | None = None) -> Actor:
    return user_actor(
        user_id=1,
        email="kim@house.test",
        role=role,
        partner_id=partner_id,
        session_id=2,
        language="tr",
        address="192.0.2.1",
        may_read_bodies=False,
    )


@pytest.mark.parametrize("role", Role)
def test_every_role_stands_in_the_table_and_has_its_own_account(role):
    assert a_user(role).may(Permission.OWN_ACCOUNT)


def test_an_operator_may_do_everything_that_is_not_for_applications():
    assert set(Permission) - ROLE_PERMISSIONS[Role.OPERATOR] == {Permission.SUBMIT_MAIL}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.PARTNER_ADMIN])
def test_only_operators_change_the_installation(role):
    assert not ROLE_PERMISSIONS[role] & CHANGING


def test_applications_only_submit_and_no_right_changes_anything():
    assert frozenset({Permission.SUBMIT_MAIL}) == APPLICATION_PERMISSIONS
    assert not CHANGING & set(RIGHT_PERMISSIONS.values())


def test_a_partner_admin_sees_its_partner_and_nothing_else():
    actor = a_user(Role.PARTNER_ADMIN, 7)

    assert actor.scope == Scope(is_everything=False, partner_id=7)
    assert actor.is_partner
    assert not actor.may(Permission.SEE_PROVIDERS)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPPORT])
def test_people_of_the_house_see_everything(role):
    actor = a_user(role)

    assert actor.scope == EVERYTHING
    assert not actor.is_partner


def test_the_house_alone_is_no_partner():
    actor = Actor("x", frozenset(), Scope(is_everything=False, partner_id=None))

    assert not actor.is_partner


def test_the_command_line_may_do_everything():
    assert all(COMMAND_LINE.may(permission) for permission in Permission)


def test_nobody_may_what_the_table_does_not_give():
    assert not any(Actor("x", frozenset(), EVERYTHING).may(item) for item in Permission)

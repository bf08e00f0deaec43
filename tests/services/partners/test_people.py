"""The people and the applications of a partner, as an operator looks after them."""

from typing import Any

import pytest
from sqlalchemy import select

from panel.domain.permission import COMMAND_LINE, Role
from panel.services import partner_applications, partner_people
from panel.services.application_tokens import authenticate
from panel.services.applications import ApplicationValues
from panel.services.refusals import Conflict, Invalid, NotAllowed, NotFound
from panel.services.set_up import Newcomer, open_link, use_link
from panel.storage.models import AuditEvent
from tests.factories.moments import NOON
from tests.factories.people import PASSWORD, a_user, an_application

BASE = "https://mail.house.test"


def invite(session, slug="acme", email="kim@acme.test"):
    return partner_people.invite(
        session, COMMAND_LINE, slug=slug, email=email, name="Kim", base_url=BASE, now=NOON
    )


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def settle(session, link: str) -> None:
    newcomer = Newcomer(PASSWORD)
    token = token_of(link)
    use_link(session, token, newcomer=newcomer, address="", user_agent="", now=NOON)


def last_action(session):
    return session.scalar(select(AuditEvent.action).order_by(AuditEvent.id.desc()))


def test_an_invitation_makes_an_admin_of_that_partner_and_a_link(session, acme):
    link = invite(session)

    settle(session, link)
    (user,) = partner_people.people(session, COMMAND_LINE, slug="acme")[1]
    assert (user.role, user.partner_id) == (Role.PARTNER_ADMIN, acme.id)
    assert user.password_hash


def test_an_address_that_is_taken_or_none_is_refused(session, acme):
    invite(session)

    with pytest.raises(Conflict):
        invite(session)
    with pytest.raises(Invalid):
        invite(session, email="kim")


def test_a_new_link_makes_the_old_one_void(session, acme):
    old = invite(session)
    (user,) = partner_people.people(session, COMMAND_LINE, slug="acme")[1]
    key: dict[str, Any] = {"slug": "acme", "user_id": user.id, "base_url": BASE, "now": NOON}

    new = partner_people.new_link(session, COMMAND_LINE, **key)

    with pytest.raises(NotFound):
        open_link(session, token_of(old), now=NOON)
    assert open_link(session, token_of(new), now=NOON).email == "kim@acme.test"


def test_people_are_shut_out_let_in_again_and_removed(session, acme):
    invite(session)
    (user,) = partner_people.people(session, COMMAND_LINE, slug="acme")[1]
    key: dict[str, Any] = {"slug": "acme", "user_id": user.id, "now": NOON}

    assert not partner_people.set_enabled(session, COMMAND_LINE, is_enabled=False, **key).is_enabled
    assert last_action(session) == "user.disabled"
    assert partner_people.set_enabled(session, COMMAND_LINE, is_enabled=True, **key).is_enabled
    assert last_action(session) == "user.enabled"
    partner_people.remove(session, COMMAND_LINE, **key)

    assert last_action(session) == "user.removed"
    assert partner_people.people(session, COMMAND_LINE, slug="acme")[1] == []
    invite(session)


def test_only_the_people_of_that_partner_are_reached(session, acme, rival):
    others = (
        a_user(session, Role.PARTNER_ADMIN, partner_id=rival.id),
        a_user(session, Role.OPERATOR),
    )
    session.commit()

    for user in others:
        key: dict[str, Any] = {"slug": "acme", "user_id": user.id, "now": NOON}
        for act in (
            lambda key=key: partner_people.remove(session, COMMAND_LINE, **key),
            lambda key=key: partner_people.set_enabled(
                session, COMMAND_LINE, is_enabled=False, **key
            ),
            lambda key=key: partner_people.new_link(session, COMMAND_LINE, base_url=BASE, **key),
        ):
            with pytest.raises(NotFound):
                act()


def test_an_application_is_added_and_revoked(session, acme):
    values = ApplicationValues(name="shop", streams=("system",))
    new = partner_applications.add(session, COMMAND_LINE, slug="acme", values=values, now=NOON)
    token = new.credentials.token
    caller = authenticate(session, token, address="", now=NOON)
    assert caller is not None
    assert caller.actor.scope.partner_id == acme.id

    key: dict[str, Any] = {"slug": "acme", "application_id": new.id, "now": NOON}
    partner_applications.revoke(session, COMMAND_LINE, **key)

    assert authenticate(session, token, address="", now=NOON) is None
    assert last_action(session) == "application.revoked"


def test_applications_of_others_are_not_there(session, acme, rival):
    for owner in (rival.id, None):
        application = an_application(session, partner_id=owner)
        session.commit()
        key: dict[str, Any] = {"slug": "acme", "application_id": application.id, "now": NOON}
        with pytest.raises(NotFound):
            partner_applications.revoke(session, COMMAND_LINE, **key)


def test_a_partner_admin_invites_nobody_and_adds_nothing(session, admin):
    values = ApplicationValues(name="shop", streams=("system",))
    person = {"email": "a@b.test", "name": "", "base_url": BASE}

    with pytest.raises(NotAllowed):
        partner_people.invite(session, admin, slug="acme", **person, now=NOON)
    with pytest.raises(NotAllowed):
        partner_applications.add(session, admin, slug="acme", values=values, now=NOON)

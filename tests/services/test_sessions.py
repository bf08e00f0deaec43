"""How long a signed-in browser stays signed in."""

from datetime import timedelta

import pytest

from panel.domain.permission import COMMAND_LINE, Role
from panel.services.refusals import NotAllowed
from panel.services.sessions import (
    ABSOLUTE_LIMIT,
    IDLE_LIMIT,
    SEEN_INTERVAL,
    begin_session,
    end_other_sessions,
    note_visit,
    recognise,
    sign_out,
)
from panel.services.users import change_role
from panel.storage.models import UserSession
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user

A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def user(session):
    """A support agent."""
    return a_user(session, Role.SUPPORT)


@pytest.fixture
def token(session, user) -> str:
    """The cookie of a browser that signed in at noon."""
    token = begin_session(session, user, address="192.0.2.7", user_agent="Lynx", now=NOON)
    session.commit()
    return token


def visit(session, token: str, now=NOON):
    """Who comes with this cookie."""
    return recognise(session, token, address="192.0.2.7", now=now)


def test_actor_has_the_rights_of_its_role(session, user, token):
    actor = visit(session, token).actor

    assert (actor.user_id, actor.role, actor.name) == (user.id, Role.SUPPORT, user.email)
    assert actor.scope.is_everything


def test_partner_admin_sees_the_own_partner_only(session):
    partner = a_partner(session)
    admin = a_user(session, Role.PARTNER_ADMIN, partner_id=partner.id)
    token = begin_session(session, admin, address="", user_agent="", now=NOON)
    session.commit()

    scope = visit(session, token).actor.scope

    assert (scope.is_everything, scope.partner_id) == (False, partner.id)


@pytest.mark.parametrize("token", ["", "made-up", "x" * 5000])
def test_made_up_token_is_nobody(session, token):
    assert visit(session, token) is None


def test_session_ends_when_nothing_happens(session, token):
    assert visit(session, token, NOON + IDLE_LIMIT - A_MOMENT)
    assert visit(session, token, NOON + IDLE_LIMIT) is None


def test_visits_keep_a_session_alive_up_to_its_absolute_limit(session, token):
    now = NOON
    while now + IDLE_LIMIT / 2 < NOON + ABSOLUTE_LIMIT:
        now += IDLE_LIMIT / 2
        note_visit(session, visit(session, token, now), now=now)

    assert visit(session, token, NOON + ABSOLUTE_LIMIT - A_MOMENT)
    assert visit(session, token, NOON + ABSOLUTE_LIMIT) is None


def test_visit_is_written_once_a_minute(session, token):
    assert not visit(session, token, NOON + SEEN_INTERVAL - A_MOMENT).is_to_be_noted

    later = NOON + SEEN_INTERVAL
    first = visit(session, token, later)
    assert first.is_to_be_noted
    note_visit(session, first, now=later)
    assert not visit(session, token, later + A_MOMENT).is_to_be_noted
    session.expire_all()
    assert session.get(UserSession, first.actor.session_id).seen_at == later


def test_ended_session_is_not_brought_back_by_a_late_visit(session, token):
    late = visit(session, token, NOON + SEEN_INTERVAL)
    sign_out(session, late.actor, now=NOON)

    note_visit(session, late, now=NOON + SEEN_INTERVAL)

    assert visit(session, token, NOON + SEEN_INTERVAL) is None


def test_new_role_ends_all_sessions(session, user, token):
    change_role(session, COMMAND_LINE, user.id, role=Role.OPERATOR, now=NOON)

    assert visit(session, token) is None


def test_disabled_partner_shuts_its_admins_out(session):
    partner = a_partner(session)
    admin = a_user(session, Role.PARTNER_ADMIN, partner_id=partner.id)
    token = begin_session(session, admin, address="", user_agent="", now=NOON)
    session.commit()
    assert visit(session, token)

    partner.is_enabled = False
    session.commit()

    assert visit(session, token) is None


def test_ending_others_keeps_the_own_session(session, user, token):
    other = begin_session(session, user, address="", user_agent="", now=NOON)
    session.commit()

    ended = end_other_sessions(session, visit(session, token).actor, now=NOON)

    assert ended == 1
    assert visit(session, token)
    assert visit(session, other) is None


def test_actor_without_an_account_cannot_end_sessions(session, user, token):
    nobody = visit(session, token).actor.__class__(
        name="nobody", permissions=frozenset(), scope=COMMAND_LINE.scope
    )

    with pytest.raises(NotAllowed):
        end_other_sessions(session, nobody, now=NOON)

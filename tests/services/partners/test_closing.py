"""Disabling and deleting a partner: what becomes of its mail, people, programs and servers."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from panel.domain.delivery import DeliveryState
from panel.domain.permission import COMMAND_LINE, Role
from panel.services import partner_closing
from panel.services.application_tokens import authenticate
from panel.services.applications import ApplicationValues, add_application
from panel.services.partner_closing import delete_partner, set_enabled, what_is_concerned
from panel.services.partners import add_partner, show_partner
from panel.services.refusals import NotAllowed, NotFound
from panel.services.sessions import begin_session, recognise
from panel.storage.models import AuditEvent, Delivery, Partner, Provider, User
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_user
from tests.factories.providers import a_provider

LATER = NOON + timedelta(minutes=1)
CANCELLED, FAILED = DeliveryState.CANCELLED, DeliveryState.FAILED


@pytest.fixture
def kim(session, acme):
    user = a_user(session, Role.PARTNER_ADMIN, partner_id=acme.id, email="kim@acme.test")
    session.commit()
    return user


@pytest.fixture
def visit(session, kim):
    """Whether the browser of kim is still let in."""
    token = begin_session(session, kim, address="", user_agent="", now=NOON)
    session.commit()
    return lambda: recognise(session, token, address="", now=LATER)


@pytest.fixture
def call(session, acme):
    """Whether an application of acme is still let in."""
    values = ApplicationValues(name="shop", streams=("system",), partner_slug="acme")
    token = add_application(session, COMMAND_LINE, values=values, now=NOON).credentials.token
    return lambda: authenticate(session, token, address="", now=LATER)


def mail_of(session, partner, state):
    message = a_message(session, partner_id=partner.id if partner else None)
    return a_delivery(session, message, state=state).id


def states(session, *ids):
    session.expire_all()
    return [session.get_one(Delivery, key).state for key in ids]


def actions(session):
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_disabled_partner_is_shut_out_at_once_and_its_mail_goes_on(session, acme, visit, call):
    mail = mail_of(session, acme, DeliveryState.QUEUED)
    assert visit() is not None
    assert call() is not None

    set_enabled(session, COMMAND_LINE, slug="acme", is_enabled=False, now=NOON)

    assert visit() is None
    assert call() is None
    assert states(session, mail) == [DeliveryState.QUEUED]
    assert actions(session)[-1] == "partner.disabled"


def test_an_enabled_partner_comes_in_again_but_not_by_an_old_session(session, acme, visit, call):
    set_enabled(session, COMMAND_LINE, slug="acme", is_enabled=False, now=NOON)
    set_enabled(session, COMMAND_LINE, slug="acme", is_enabled=True, now=NOON)

    assert visit() is None
    assert call() is not None


def test_what_is_concerned_is_counted(session, acme, rival, kim, call):
    mail_of(session, acme, DeliveryState.QUEUED)
    mail_of(session, acme, DeliveryState.SENT)
    mail_of(session, rival, DeliveryState.QUEUED)
    a_provider(session, partner_id=acme.id)
    a_provider(session)
    session.commit()

    _partner, found = what_is_concerned(session, COMMAND_LINE, slug="acme")

    assert (found.waiting, found.users, found.applications, found.servers) == (1, 1, 1, 1)
    assert not found.is_capped


def test_deleting_cancels_what_waits_and_keeps_the_log(session, acme, rival):
    queued = mail_of(session, acme, DeliveryState.QUEUED)
    unconfirmed = mail_of(session, acme, DeliveryState.UNCONFIRMED)
    sending = mail_of(session, acme, DeliveryState.SENDING)
    sent = mail_of(session, acme, DeliveryState.SENT)
    others = [mail_of(session, owner, DeliveryState.QUEUED) for owner in (rival, None)]
    session.commit()

    delete_partner(session, COMMAND_LINE, slug="acme", now=NOON)

    assert states(session, queued, unconfirmed, sending, sent) == [
        CANCELLED, FAILED, DeliveryState.SENDING, DeliveryState.SENT,
    ]  # fmt: skip
    assert states(session, *others) == [DeliveryState.QUEUED] * 2


def test_deleting_removes_people_applications_and_servers(session, acme, vault, kim, visit, call):
    login = {"vault": vault, "password": "secret", "username": "kim"}
    server = a_provider(session, partner_id=acme.id, **login)
    houses = a_provider(session)
    session.commit()

    delete_partner(session, COMMAND_LINE, slug="acme", now=LATER)

    assert visit() is None
    assert call() is None
    session.expire_all()
    (user,) = session.scalars(select(User))
    assert (user.deleted_at, user.is_enabled, user.password_hash) == (LATER, False, None)
    gone = session.get_one(Provider, server.id)
    assert (gone.deleted_at, gone.secret, gone.is_active) == (LATER, None, False)
    assert session.get_one(Provider, houses.id).deleted_at is None
    assert actions(session)[-1] == "partner.deleted"


def test_the_slug_and_the_addresses_of_a_deleted_partner_are_free(session, acme, kim):
    delete_partner(session, COMMAND_LINE, slug="acme", now=NOON)

    with pytest.raises(NotFound):
        show_partner(session, COMMAND_LINE, slug="acme")
    again = add_partner(session, COMMAND_LINE, slug="acme", name="Acme", now=NOON)
    a_user(session, Role.PARTNER_ADMIN, partner_id=again.id, email="kim@acme.test")
    session.commit()
    assert session.query(Partner).count() == 2


def test_a_long_slug_is_free_as_well(session):
    slug = "a" * 63
    for _ in range(2):
        add_partner(session, COMMAND_LINE, slug=slug, name="Long", now=NOON)
        delete_partner(session, COMMAND_LINE, slug=slug, now=NOON)

    assert [len(row.slug) for row in session.query(Partner)] == [63, 63]


def test_a_partner_admin_closes_nobody(session, admin, acme):
    for act in (
        lambda: delete_partner(session, admin, slug="acme", now=NOON),
        lambda: set_enabled(session, admin, slug="acme", is_enabled=False, now=NOON),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_mail_is_cancelled_in_batches(session, acme, monkeypatch):
    monkeypatch.setattr(partner_closing, "BATCH", 2)
    mails = [mail_of(session, acme, DeliveryState.QUEUED) for _ in range(5)]
    session.commit()

    delete_partner(session, COMMAND_LINE, slug="acme", now=NOON)

    assert states(session, *mails) == [CANCELLED] * 5
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert event.after["cancelled"] == 5

"""Applications get credentials once, and every wrong value names its field."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from panel.domain.permission import COMMAND_LINE, Actor, Scope
from panel.services.applications import ApplicationValues, add_application
from panel.services.refusals import Invalid, NotAllowed
from panel.storage.models import Application, AuditEvent
from tests.factories.moments import NOON
from tests.factories.people import a_partner

SHOP = ApplicationValues(name="shop", streams=("system", "crm"))


def test_application_is_stored_without_its_secrets(session):
    created = add_application(session, COMMAND_LINE, values=SHOP, now=NOON)

    row = session.get(Application, created.id)
    stored = {column.name: getattr(row, column.name) for column in Application.__table__.columns}
    assert stored["streams"] == ["system", "crm"]
    assert stored["from_domains"] == []
    assert stored["partner_id"] is None
    assert created.credentials.token not in str(stored)
    assert created.credentials.smtp_password not in str(stored)
    assert stored["smtp_username"] == created.credentials.smtp_username


def test_credentials_are_long_differ_and_stay_out_of_reprs(session):
    first = add_application(session, COMMAND_LINE, values=SHOP, now=NOON)
    second = add_application(session, COMMAND_LINE, values=SHOP, now=NOON)

    assert first.credentials.token != second.credentials.token
    assert first.credentials.token.startswith(f"pr_{first.credentials.prefix}_")
    assert len(first.credentials.token) == len("pr_12345678_") + 43
    assert first.credentials.token not in repr(first)
    assert first.credentials.smtp_password not in repr(first)


def test_application_of_a_partner_may_be_bound_to_domains(session):
    partner = a_partner(session, slug="acme")
    values = replace(SHOP, partner_slug="acme", from_domains=("Bücher.test", ".acme.test"))

    created = add_application(session, COMMAND_LINE, values=values, now=NOON)

    row = session.get(Application, created.id)
    assert row.partner_id == partner.id
    assert row.from_domains == ["xn--bcher-kva.test", ".acme.test"]


def test_creation_is_in_the_audit(session):
    created = add_application(session, COMMAND_LINE, values=SHOP, now=NOON)

    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.subject) == ("application.added", f"application:{created.id}")
    assert event.actor == "command line"
    assert created.credentials.token not in str(event.after)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"streams": ()}, "streams"),
        ({"streams": ("system", "letters")}, "streams"),
        ({"partner_slug": "nobody"}, "partner"),
        ({"from_domains": ("a@b.test",)}, "from_domains"),
        ({"from_domains": ("a b",)}, "from_domains"),
        ({"rights": ("everything",)}, "rights"),
    ],
)
def test_wrong_value_names_its_field_and_stores_nothing(session, changes, field):
    with pytest.raises(Invalid) as refused:
        add_application(session, COMMAND_LINE, values=replace(SHOP, **changes), now=NOON)

    assert list(refused.value.errors) == [field]
    assert session.scalars(select(Application)).all() == []


def test_applications_are_not_for_everybody_to_create(session):
    nobody = Actor(name="x", permissions=frozenset(), scope=Scope(is_everything=False))

    with pytest.raises(NotAllowed):
        add_application(session, nobody, values=SHOP, now=NOON)

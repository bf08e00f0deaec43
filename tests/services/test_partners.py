"""Creating partners."""

import pytest
from sqlalchemy import select

from panel.domain.permission import COMMAND_LINE
from panel.services.partners import add_partner
from panel.services.refusals import Conflict, Invalid
from panel.storage.models import AuditEvent, Partner
from tests.factories.moments import NOON


def add(session, slug: str = "acme-travel", name: str = "Acme Travel"):
    """Adds a partner."""
    return add_partner(session, COMMAND_LINE, slug=slug, name=name, now=NOON)


def test_partner_is_there_and_audited(session):
    partner = add(session)

    event = session.scalars(select(AuditEvent)).one()
    assert partner.may_use_house
    assert (event.subject, event.partner_id) == (f"partner:{partner.id}", partner.id)


@pytest.mark.parametrize("slug", ["", "Acme", "-acme", "acme-", "a_b", "a/b", "ä", "a" * 64, "a\n"])
def test_slug_that_cannot_stand_in_an_address_is_refused(session, slug):
    with pytest.raises(Invalid) as refusal:
        add(session, slug=slug)

    assert list(refusal.value.errors) == ["slug"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb"])
def test_unusable_name_is_refused(session, name):
    with pytest.raises(Invalid) as refusal:
        add(session, name=name)

    assert list(refusal.value.errors) == ["name"]


def test_slug_can_be_taken_once(session):
    add(session)

    with pytest.raises(Conflict, match="acme-travel"):
        add(session)

    assert len(session.scalars(select(Partner)).all()) == 1

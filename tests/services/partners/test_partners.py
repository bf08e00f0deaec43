"""The list of partners, and changing one."""

import pytest
from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.permission import COMMAND_LINE
from panel.services.partners import (
    Standing,
    change_partner,
    list_partners,
    own_slug,
    show_partner,
)
from panel.services.refusals import Invalid, NotAllowed, NotFound
from panel.storage.models import AuditEvent, ProviderHealth
from panel.storage.queries.paging import NEWEST
from tests.factories.moments import NOON
from tests.factories.providers import a_provider


def listed(session, words=""):
    return list_partners(session, COMMAND_LINE, words=words, cursor=NEWEST)


def test_partners_are_found_by_a_part_of_name_or_slug(session, acme, rival):
    change_partner(
        session, COMMAND_LINE, slug="rival", name="Öz Travel 100%", may_use_house=True, now=NOON
    )

    assert [row.slug for row in listed(session).page.rows] == ["rival", "acme"]
    assert [row.slug for row in listed(session, "cm").page.rows] == ["acme"]
    assert [row.slug for row in listed(session, "TRAVEL").page.rows] == ["rival"]
    assert [row.slug for row in listed(session, "%").page.rows] == ["rival"]
    assert listed(session, "nobody").page.rows == ()


def test_the_list_tells_how_the_own_servers_do(session, acme, rival):
    a_provider(session)
    a_provider(session, partner_id=rival.id, is_active=False)
    session.commit()
    found = listed(session).standings
    assert found == {acme.id: Standing.NONE, rival.id: Standing.NOT_IN_USE}

    one, two = (a_provider(session, partner_id=acme.id) for _ in range(2))
    session.commit()
    assert listed(session).standings[acme.id] is Standing.WORKING
    session.add(ProviderHealth(provider_id=one.id, state=BreakerState.OPEN))
    session.commit()
    assert listed(session).standings[acme.id] is Standing.PAUSING
    session.add(ProviderHealth(provider_id=two.id, state=BreakerState.DISABLED))
    session.commit()
    assert listed(session).standings[acme.id] is Standing.PUT_ASIDE


def test_a_change_is_audited_with_what_changed(session, acme):
    change_partner(session, COMMAND_LINE, slug="acme", name=" Acme ", may_use_house=False, now=NOON)

    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.before, event.after) == (
        "partner.changed",
        {"may_use_house": True},
        {"may_use_house": False},
    )


@pytest.mark.parametrize("slug", ["", "ACME", "acme\x00", "acme~1", "acme/..", "a" * 5000])
def test_what_is_no_slug_leads_to_nobody(session, acme, slug):
    with pytest.raises(NotFound):
        show_partner(session, COMMAND_LINE, slug=slug)


def test_a_bad_name_is_refused(session, acme):
    with pytest.raises(Invalid):
        change_partner(session, COMMAND_LINE, slug="acme", name=" ", may_use_house=True, now=NOON)


def test_a_partner_admin_sees_no_list_and_knows_its_own_slug(session, admin):
    with pytest.raises(NotAllowed):
        list_partners(session, admin, words="", cursor=NEWEST)
    with pytest.raises(NotAllowed):
        show_partner(session, admin, slug="acme")
    assert own_slug(session, admin) == "acme"
    with pytest.raises(NotFound):
        own_slug(session, COMMAND_LINE)

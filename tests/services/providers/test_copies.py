"""A duplicate has everything but the password, and is used by nobody until it has been tested."""

import pytest
from sqlalchemy import select

from panel.domain.permission import EVERYTHING
from panel.domain.provider import Limits, ServiceType
from panel.services.provider_copies import duplicate
from panel.services.refusals import NotAllowed, NotFound
from panel.storage.models import AuditEvent, Provider, ProviderList
from panel.storage.queries.providers import listed
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import OPERATOR, SECRET, SUPPORT
from tests.factories.providers import a_provider


def copy_of(session, provider, actor=OPERATOR):
    return duplicate(session, actor, provider_id=provider.id, now=NOON)


def names(session):
    return [row.provider.name for row in listed(session, None, scope=EVERYTHING)]


def test_copy_has_the_settings_but_neither_password_nor_proof(session, vault):
    original = a_provider(
        session,
        vault=vault,
        password=SECRET,
        name="ses",
        username="kim",
        domains=["house.test"],
        account_types=["crm"],
        per_day=500,
        settings={"region": "eu"},
    )

    copy = copy_of(session, original)

    assert copy.identity == original.identity
    assert (copy.domains, copy.account_types) == (["house.test"], ["crm"])
    assert copy.limits == Limits(per_day=500)
    assert copy.settings == {"region": "eu"}
    assert (copy.secret, copy.secret_changed_at, copy.is_verified) == (None, None, False)
    assert not copy.is_active


def test_copy_stands_right_below_in_the_same_group(session):
    a_provider(session, name="first")
    a_provider(session, name="second")
    spare = a_provider(session, name="spare", service_type=ServiceType.FALLBACK)
    a_provider(session, name="last", service_type=ServiceType.FALLBACK)

    copy_of(session, spare)

    assert names(session) == ["first", "second", "spare", "spare (copy)", "last"]
    assert session.scalars(select(ProviderList.version)).one() == 2


def test_copies_get_names_that_nobody_has(session):
    original = a_provider(session, name="ses")
    a_provider(session, name="SES (Copy)")

    made = [copy_of(session, original).name for _ in range(2)]

    assert made == ["ses (copy 2)", "ses (copy 3)"]


def test_long_name_is_cut_so_that_the_ending_fits(session):
    original = a_provider(session, name="n" * 100)

    made = [copy_of(session, original).name for _ in range(2)]

    assert [len(name) for name in made] == [100, 100]
    assert made[1].endswith("n (copy 2)")


def test_copy_is_in_the_audit_with_what_it_was_made_of(session, vault):
    original = a_provider(session, vault=vault, password=SECRET, username="kim")

    copy = copy_of(session, original)

    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.subject) == ("provider.duplicated", f"provider:{copy.id}")
    assert event.after["copy_of"] == f"provider:{original.id}"
    assert event.after["name"] == copy.name
    assert "password" not in event.after


def test_copy_of_a_partners_provider_stays_with_the_partner(session):
    partner = a_partner(session)
    original = a_provider(session, partner_id=partner.id)

    assert copy_of(session, original).partner_id == partner.id


@pytest.mark.parametrize(("actor", "refusal"), [(SUPPORT, NotAllowed), (OPERATOR, NotFound)])
def test_nothing_is_copied_for_those_who_may_not_or_from_what_is_gone(session, actor, refusal):
    gone = a_provider(session, deleted_at=NOON)

    with pytest.raises(refusal):
        copy_of(session, gone, actor)

    assert session.query(Provider).count() == 1

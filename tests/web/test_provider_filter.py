"""The list of providers for one kind of mail: its chain, in order."""

import re

import pytest

from panel.domain.permission import Role
from panel.domain.provider import ProviderType, ServiceType
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


@pytest.fixture
def kinds(session):
    """Who carries what: all, system only, CRM by its type; and one for system that is off."""
    a_provider(session, name="every")
    a_provider(session, name="codes", account_types=["system"])
    a_provider(session, name="resting", account_types=["system"], is_active=False)
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK, account_types=["system"])
    a_provider(session, name="leads", type=ProviderType.CRM_API_SMTP)
    session.commit()


def places(page):
    """Name and place of each row, from top to bottom."""
    names = re.findall(r'data-name="(\w+)"', page)
    numbers = re.findall(r"data-position>([^<]*)<", page)
    return list(zip(names, numbers, strict=True))


@pytest.mark.parametrize(
    ("kind", "chain"),
    [
        ("system", [("every", "1"), ("codes", "2"), ("resting", "–"), ("spare", "3")]),
        ("crm", [("every", "1"), ("leads", "2")]),
        ("campaigns", [("every", "1")]),
        ("nonsense", [(n, str(p)) for p, n in enumerate(
            ["every", "codes", "resting", "leads", "spare"], start=1)]),
    ],
)  # fmt: skip
def test_filter_shows_the_chain_of_a_kind_of_mail(kind, chain, operator, kinds):
    page = operator.get(f"/providers?account_type={kind}").text

    assert places(page) == chain


def test_order_is_changed_where_all_of_it_is_seen(operator, kinds):
    page = operator.get("/providers?account_type=system").text

    assert 'id="providers-order"' not in page
    assert "Show all mail to change the order" in page


def test_kind_of_mail_that_nobody_carries_is_said(operator, session):
    a_provider(session, account_types=["crm"])
    session.commit()

    page = operator.get("/providers?account_type=campaigns").text

    assert "No provider carries this mail" in page
    assert "No mail provider yet" not in page


def test_change_made_in_the_chain_of_a_kind_of_mail_is_answered_with_it(operator, kinds):
    there = HX | {"HX-Current-URL": "http://localhost/providers?account_type=crm"}

    answer = operator.post("/providers/1/activation", data={"active": "0"}, headers=there)

    assert places(answer.text) == [("every", "–"), ("leads", "1")]
    assert 'hx-get="/providers?account_type=crm"' in answer.text

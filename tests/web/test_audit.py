"""The audit in the panel: what it shows, in words, and for whom."""

import re

import pytest

from panel.domain.permission import Actor, Role
from panel.domain.provider import ServiceType
from panel.services.audit import record
from panel.storage.models import AuditEvent
from tests.factories.moments import NOON
from tests.factories.provider_forms import OPERATOR
from tests.factories.providers import a_provider
from tests.web.test_provider_transfer import HX

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The queries are tested on both kinds of database in tests/storage/queries/test_audit.py."""


@pytest.fixture
def operator(sign_in):
    return sign_in(email="ada@house.test")


@pytest.fixture
def note(session):
    """Writes an event down."""

    def note(action, subject, *, before=None, after=None, actor=OPERATOR):
        values = {"before": before, "after": after}
        record(session, actor, action=action, subject=subject, now=NOON, **values)
        session.commit()

    return note


def words(page):
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_change_of_a_provider_is_told_with_before_and_after(operator, session):
    a_provider(session, name="relay")
    a_provider(session, name="other")
    session.commit()
    operator.post("/providers/1/activation", data={"active": "0"})

    page = words(operator.get("/audit"))

    assert "ada@house .test" not in page
    assert "Provider switched off Provider relay Active Active: Yes → No" in page
    assert "127.0.0.1" in page


def test_fields_and_values_are_words(operator, session, note):
    a_provider(session, name="relay")
    note(
        "provider.changed",
        "provider:1",
        before={"encryption": "tls", "account_types": [], "verify_certificate": True},
        after={"encryption": "none", "account_types": ["crm"], "verify_certificate": False,
               "password": "changed"},
    )  # fmt: skip

    page = words(operator.get("/audit?what=provider.changed"))

    for text in (
        "Encryption: STARTTLS → None",
        "Account types: – → CRM",
        "Verify the certificate: Yes → No",
        "Password: changed",
    ):
        assert text in page


def test_fold_names_the_first_fields_and_leaves_out_what_says_nothing(operator, note):
    after = {"name": "relay", "host": "a.test", "port": 25, "from_name": "", "per_day": 9}
    note("provider.created", "provider:1", after=after)

    page = words(operator.get("/audit?what=provider.created"))

    assert "Name, Host, Port and 1 more" in page
    assert "From name" not in page


def test_failed_test_is_told_with_its_cause(operator, note):
    note("provider.tested", "provider:new", after={"ok": False, "rule": "unreachable"})

    page = words(operator.get("/audit?what=provider.tested"))

    assert "Connection test failed A provider that was not saved" in page
    assert "Cause: The server could not be reached" in page


def test_order_is_told_by_names(operator, session):
    a_provider(session, name="first")
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK)
    session.commit()
    order = {"order": ["2", "divider", "1"], "version": 1}
    operator.post("/providers/order", data=order)

    page = words(operator.get("/audit?what=providers.reordered"))

    assert "Order: first, (fallbacks:), spare → spare, (fallbacks:), first" in page


def test_filters_stand_in_the_address_and_in_the_form(operator, session, note):
    note("provider.changed", "provider:1", after={"host": "a.test"})
    note("provider.changed", "provider:2", after={"host": "b.test"})

    page = operator.get("/audit?who=ada&what=provider.changed&object=provider:2").text

    assert "b.test" in page
    assert "a.test" not in page
    for text in ('value="ada"', 'value="provider.changed" selected', 'value="provider:2"'):
        assert text in page


def test_filtered_to_nothing_says_so(operator):
    assert "No change matches" in operator.get("/audit?object=nowhere").text


@pytest.mark.parametrize(
    "query", ["who=%00", "object=%00&what=%ff", "since=never", "before=x&after=-1", "who=%25%5F"]
)
def test_filters_that_make_no_sense_do_no_harm(query, operator):
    assert operator.get(f"/audit?{query}").status_code == 200


def test_what_strangers_wrote_is_only_text(operator, note):
    evil = "<script>alert(1)</script>\u202e"
    note("a.b", evil, after={evil: evil}, actor=Actor(evil, frozenset(), OPERATOR.scope))

    page = operator.get("/audit").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page


def test_pages_lead_on_to_older_ones(operator, session, note):
    for number in range(60):
        note("provider.changed", f"provider:{number}")

    page = operator.get("/audit?what=provider.changed").text
    (older,) = re.findall(r'rel="next" href="([^"]+)"', page)

    assert page.count('id="event-') == 50
    assert operator.get(older.replace("&amp;", "&")).text.count('id="event-') == 10


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.PARTNER_ADMIN])
def test_audit_is_in_the_side_bar_of_operators_only(role, operator, sign_in):
    assert 'href="/audit"' in operator.get("/audit").text
    assert 'href="/audit"' not in sign_in(role).get("/queue").text


def test_provider_shows_its_own_changes_below_the_form(operator, session, note):
    a_provider(session, name="relay")
    a_provider(session, name="other")
    note("provider.changed", "provider:1", after={"host": "mine.test"})
    note("provider.changed", "provider:2", after={"host": "others.test"})

    form = operator.get("/providers/1").text
    fragment = operator.get("/providers/1/changes", headers=HX).text

    assert 'hx-get="/providers/1/changes"' in form
    assert 'href="/audit?object=provider:1"' in form
    assert fragment.strip().startswith("<section")
    assert "mine.test" in fragment
    assert "others.test" not in fragment
    plain = operator.get("/providers/1/changes")
    assert (plain.status_code, plain.location) == (303, "/audit?object=provider:1")
    assert operator.get("/providers/4711/changes", headers=HX).status_code == 404


def test_looking_at_the_audit_is_no_change(operator, session):
    before = session.query(AuditEvent).count()
    session.commit()

    operator.get("/audit")
    operator.get("/providers/export")

    assert session.query(AuditEvent).count() == before

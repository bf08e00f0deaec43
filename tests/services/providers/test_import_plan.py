"""What an import would do: said beforehand, passwords kept where they belong, faults named."""

import pytest
from sqlalchemy import select

from panel.services.provider_import_plan import Fate, Note
from panel.storage.models import AuditEvent, Provider
from panel.storage.secrets import read_secret
from tests.factories.provider_documents import ENTRY, a_document, changed
from tests.factories.provider_forms import SECRET
from tests.services.providers.lists import everything, exported, planned, stored


def test_document_of_one_house_sets_up_another(session, three, carry_out):
    document = exported(session)
    session.query(Provider).delete()

    plan = carry_out(document)

    assert [(line.name, line.note) for line in plan.lines] == [
        ("first", Note.NEEDS_PASSWORD),
        ("second", Note.NEEDS_TEST),
        ("spare", None),
    ]
    assert list(stored(session)) == ["first", "second", "spare"]
    assert not any(provider.is_active for provider in stored(session).values())
    again = exported(session)["providers"]
    assert again == [item | {"status": "inactive"} for item in document["providers"]]


def test_preview_says_what_would_be_added_changed_left_and_removed(session, three):
    document = changed(exported(session), "second", port=2600, per_hour=None)
    document["providers"] = [*document["providers"][:2], ENTRY]

    kept = planned(session, document)
    removed = planned(session, document, removes_missing=True)

    assert [(line.name, line.fate.value) for line in kept.lines] == [
        ("first", "unchanged"),
        ("second", "changed"),
        ("new", "added"),
        ("spare", "kept"),
    ]
    assert [(d.field, d.before, d.after) for d in kept.lines[1].differences] == [
        ("port", 2599, 2600),
        ("status", "active", "inactive"),
        ("per_hour", 100, None),
    ]
    assert removed.lines[-1].fate is Fate.REMOVED
    assert kept.fingerprint != removed.fingerprint


def test_preview_writes_nothing(session, three):
    before = everything(session)

    planned(session, changed(exported(session), "second", port=2600), removes_missing=True)

    assert everything(session) == before


def test_password_stays_where_the_identity_stays(session, three, carry_out, vault):
    carry_out(changed(exported(session), "first", from_name="Another", per_day=9))

    first = stored(session)["first"]
    assert read_secret(first, vault) == SECRET
    assert (first.is_active, first.is_verified, first.from_name) == (True, True, "Another")


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "elsewhere.test"},
        {"port": 2600},
        {"encryption": "ssl"},
        {"verify_certificate": False},
        {"username": "lena"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_password_goes_with_any_part_of_the_identity(fields, session, three, carry_out):
    plan = carry_out(changed(exported(session), "first", **fields))

    first = stored(session)["first"]
    assert (first.secret, first.is_active, first.is_verified) == (None, False, False)
    assert plan.lines[0].note is Note.LOSES_PASSWORD
    event = session.scalars(select(AuditEvent).filter_by(subject=f"provider:{first.id}")).one()
    assert event.after["password"] == "removed"


def test_untested_provider_is_not_activated_by_an_import(session, three, carry_out):
    spare = stored(session)["spare"]
    spare.verified_at = None
    session.commit()

    plan = carry_out(changed(exported(session), "spare", status="active"))

    assert plan.lines[-1].note is Note.NEEDS_TEST
    assert not stored(session)["spare"].is_active


def test_tested_provider_is_switched_on_and_off_by_an_import(session, three, carry_out):
    document = changed(exported(session), "spare", status="active")

    carry_out(changed(document, "first", status="inactive"))

    after = stored(session)
    assert (after["spare"].is_active, after["first"].is_active) == (True, False)


def test_names_are_matched_in_whatever_case_and_there_is_one_of_each(session, three, carry_out):
    document = changed(exported(session), "first", name="FIRST")

    carry_out(document)
    twice = document | {"providers": [*document["providers"], {**ENTRY, "name": "First "}]}
    plan = planned(session, twice)

    assert list(stored(session)) == ["FIRST", "second", "spare"]
    assert [(f.position, f.field, f.name) for f in plan.faults] == [(4, "name", "First")]


def test_import_that_would_leave_nobody_active_is_a_fault(session, three):
    gone = planned(session, a_document(ENTRY))
    removed = planned(
        session,
        a_document(ENTRY),
        removes_missing=True,
    )

    assert gone.faults == ()
    assert "no provider would be active" in removed.faults[0].message
    assert removed.lines == ()


def test_every_value_that_cannot_be_used_is_named_with_its_place(session, three):
    document = exported(session)
    document["providers"] = [
        document["providers"][0],
        {**ENTRY, "port": 70_000, "host": "smtp.example.com"},
        {**ENTRY, "name": "crm", "type": "crm_api_smtp", "account_types": ["system"]},
    ]

    faults = planned(session, document).faults

    assert [(f.position, f.name, f.field) for f in faults] == [
        (2, "new", "host"),
        (2, "new", "port"),
        (3, "crm", "account_types"),
    ]

"""An import is done whole or not at all, as it was looked at."""

from threading import Thread

import pytest
from sqlalchemy import select

from panel.services.provider_exports import export
from panel.services.provider_import_plan import Fate
from panel.services.provider_imports import StaleImport, preview
from panel.services.refusals import NotAllowed
from panel.storage.database import session_for
from panel.storage.models import AuditEvent, Provider, ProviderList
from tests.factories.moments import NOON
from tests.factories.provider_documents import ENTRY, changed
from tests.factories.provider_forms import LOGIN, OPERATOR, SECRET, SUPPORT
from tests.services.providers.lists import everything, exported, planned, stored


def test_what_was_exported_changes_nothing_when_it_is_imported(session, three, carry_out):
    before = everything(session)

    plan = carry_out(exported(session), removes_missing=True)

    assert plan.is_empty
    assert [line.fate for line in plan.lines] == [Fate.UNCHANGED] * 3
    assert everything(session) == before


def test_import_does_what_the_preview_said(session, three, carry_out):
    document = changed(exported(session), "second", per_hour=7)
    document["providers"] = [ENTRY, document["providers"][1], document["providers"][0]]

    carry_out(document, removes_missing=True)

    after = stored(session)
    assert list(after) == ["new", "second", "first"]
    assert (after["second"].per_hour, after["second"].is_active) == (7, True)
    assert (after["new"].per_day, after["new"].is_active) == (500, False)
    spare = session.scalars(select(Provider).filter_by(name="spare")).one()
    assert spare.deleted_at == NOON
    assert session.scalars(select(ProviderList.version)).one() == 2


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda p: setattr(p["second"], "version", 2),
        lambda p: setattr(p["second"], "is_active", False),
        lambda p: setattr(p["first"], "verified_at", None),
        lambda p: setattr(p["first"], "secret", None),
        lambda p: setattr(p["spare"], "deleted_at", NOON),
    ],
    ids=["edited", "switched off", "not verified any more", "password gone", "deleted"],
)
def test_plan_is_refused_once_the_list_has_changed(meanwhile, session, three, carry_out):
    document = changed(exported(session), "second", per_hour=7)
    seen = planned(session, document).fingerprint
    meanwhile(stored(session))
    session.commit()
    before = everything(session)

    with pytest.raises(StaleImport) as refused:
        carry_out(document, fingerprint=seen)

    assert refused.value.plan.lines
    assert everything(session) == before


def test_another_document_is_not_what_was_looked_at(session, three, carry_out):
    document = exported(session)
    seen = planned(session, changed(document, "second", per_hour=7)).fingerprint

    with pytest.raises(StaleImport):
        carry_out(changed(document, "second", per_hour=8), fingerprint=seen)


def test_import_that_breaks_half_way_leaves_everything_as_it_was(engine, session, three, carry_out):
    document = changed(exported(session), "second", per_hour=7)
    document["providers"].append({**ENTRY, "name": "x", "per_day": 1})
    before = everything(session)
    blocked = {
        "sqlite": "CREATE TRIGGER torn BEFORE INSERT ON providers "
        "BEGIN SELECT RAISE(ABORT, 'torn'); END",
        "postgresql": "ALTER TABLE providers ADD CONSTRAINT torn CHECK (per_day <> 1) NOT VALID",
    }
    session.connection().exec_driver_sql(blocked[engine.dialect.name])
    session.commit()

    with pytest.raises(Exception, match="torn"):
        carry_out(document)

    session.rollback()
    assert everything(session) == before


def test_of_two_imports_at_once_one_is_done_and_the_other_is_told(
    engine, session, three, carry_out
):
    documents = [changed(exported(session), "second", per_hour=hour) for hour in (7, 8)]
    seen = [planned(session, document).fingerprint for document in documents]
    session.commit()
    told = []

    def bring_in(document, fingerprint):
        with session_for(engine) as own:
            try:
                carry_out(document, session=own, fingerprint=fingerprint)
            except StaleImport as refused:
                told.append(refused.plan)

    threads = [Thread(target=bring_in, args=pair) for pair in zip(documents, seen, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 1
    assert session.scalars(select(ProviderList.version)).one() == 2
    assert session.query(AuditEvent).filter_by(action="providers.imported").count() == 1


def test_audit_names_each_provider_and_the_whole(session, three, carry_out):
    document = changed(exported(session), "second", per_hour=7)
    document["providers"] = [document["providers"][1], ENTRY, document["providers"][0]]

    carry_out(document, removes_missing=True)

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == [
        "provider.changed",
        "provider.created",
        "provider.deleted",
        "providers.imported",
    ]
    assert events[0].before == {"per_hour": 100}
    assert events[0].after == {"per_hour": 7, "through": "import"}
    assert events[-1].before["names"] == ["first", "second", "spare"]
    assert events[-1].after["names"] == ["second", "new", "first"]
    assert SECRET not in repr([(event.before, event.after) for event in events])


def test_nobody_but_an_operator_imports_or_exports(session, three):
    for use in (
        lambda: planned_by_support(session),
        lambda: export(session, SUPPORT, now=NOON),
    ):
        with pytest.raises(NotAllowed):
            use()


def planned_by_support(session):
    return preview(session, SUPPORT, raw=b"{}", removes_missing=False)


def test_export_has_no_secret(session, three):
    text = export(session, OPERATOR, now=NOON)

    assert LOGIN["password"] not in text
    assert "password" not in text
    assert "secret" not in text

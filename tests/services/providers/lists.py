"""What the tests of imports ask of a list: its document, a plan for it, and all that is stored."""

import json

from sqlalchemy import select

from panel.domain.permission import EVERYTHING
from panel.services.provider_exports import export
from panel.services.provider_imports import preview
from panel.storage.models import AuditEvent, Provider, ProviderList
from panel.storage.queries.providers import listed
from tests.factories.moments import NOON
from tests.factories.provider_forms import OPERATOR


def exported(session):
    return json.loads(export(session, OPERATOR, now=NOON))


def planned(session, document, *, removes_missing=False):
    raw = json.dumps(document).encode()
    return preview(session, OPERATOR, raw=raw, removes_missing=removes_missing)


def stored(session):
    session.expire_all()
    rows = [row.provider for row in listed(session, None, scope=EVERYTHING)]
    return {provider.name: provider for provider in rows}


def everything(session):
    """All that is stored of providers, their list and the audit."""
    session.expire_all()
    tables = (Provider, ProviderList, AuditEvent)
    rows = [row for table in tables for row in session.scalars(select(table).order_by(table.id))]
    state = [{c.name: getattr(row, c.key) for c in row.__table__.columns} for row in rows]
    session.commit()
    return state

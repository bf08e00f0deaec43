"""Active although the test fails: only with a reason, which the audit keeps."""

import pytest
from sqlalchemy import select

from panel.services.provider_changes import change, create
from panel.storage.models import AuditEvent
from tests.factories.moments import NOON
from tests.factories.provider_forms import (
    OPERATOR,
    connection_values,
    provider_values,
    values_of,
)
from tests.factories.providers import a_provider

UNREACHABLE = connection_values(port=9)
REASON = "The server greets\n only from 8 to 5."


def audited(session):
    session.expire_all()
    saved = select(AuditEvent).where(AuditEvent.action != "provider.tested")
    return session.scalars(saved).one().after.get("override_reason")


def created(session, installation, connection, reason):
    return create(
        session,
        OPERATOR,
        values=provider_values(connection, is_active=True),
        installation=installation,
        now=NOON,
        override_reason=reason,
    )


def test_new_provider_with_a_reason_is_active_but_not_verified(session, installation):
    saved = created(session, installation, UNREACHABLE, REASON)

    assert (saved.is_overridden, saved.is_put_aside) == (True, False)
    assert (saved.provider.is_active, saved.provider.is_verified) == (True, False)
    assert audited(session) == "The server greets only from 8 to 5."


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_it_is_put_aside(reason, session, installation):
    saved = created(session, installation, UNREACHABLE, reason)

    assert (saved.is_overridden, saved.is_put_aside) == (False, True)
    assert not saved.provider.is_active
    assert audited(session) is None


def test_reason_is_not_audited_where_the_test_passes(session, installation, smtp_server):
    connection = connection_values(port=smtp_server.port)

    saved = created(session, installation, connection, REASON)

    assert (saved.is_overridden, saved.provider.is_verified) == (False, True)
    assert audited(session) is None


def test_last_active_provider_may_be_moved_with_a_reason(session, installation):
    provider = a_provider(session)
    session.commit()

    saved = change(
        session,
        OPERATOR,
        provider_id=provider.id,
        values=values_of(provider, connection=UNREACHABLE),
        version=None,
        installation=installation,
        now=NOON,
        override_reason=REASON,
    )

    assert saved.is_overridden
    assert (saved.provider.port, saved.provider.is_active) == (9, True)
    assert audited(session) == "The server greets only from 8 to 5."

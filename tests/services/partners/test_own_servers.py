"""A partner admin may do everything with the servers of its own partner, nothing with others'."""

import pytest

from panel.services import connection_tests
from panel.services.confirmations import confirm
from panel.services.provider_activation import NotVerified, set_active
from panel.services.provider_changes import change, create
from panel.services.provider_deletion import delete
from panel.services.providers import listing, show
from panel.services.refusals import Conflict, NotAllowed, NotFound
from panel.services.test_mails import Letter, send_test_mail
from panel.storage.models import Provider
from tests.factories.moments import NOON
from tests.factories.provider_forms import SUPPORT, connection_values, provider_values, values_of
from tests.factories.providers import a_provider


@pytest.fixture
def theirs(session, rival):
    """A server of the other partner."""
    provider = a_provider(session, partner_id=rival.id)
    session.commit()
    return provider


@pytest.fixture
def the_houses(session):
    provider = a_provider(session)
    session.commit()
    return provider


def a_letter(name, code):
    return Letter("test", f"{name} {code}", "")


def attempts(session, actor, provider, installation):
    """Everything that can be tried on a provider, by name."""
    key = {"provider_id": provider.id}
    here = {"installation": installation, "now": NOON}
    values = values_of(provider)
    return {
        "show": lambda: show(session, actor, **key),
        "change": lambda: change(session, actor, **key, values=values, version=None, **here),
        "test": lambda: connection_tests.of_saved(session, actor, **key, **here),
        "test a draft": lambda: connection_tests.of_draft(
            session, actor, **key, values=values.connection, **here
        ),
        "send a test mail": lambda: send_test_mail(
            session, actor, **key, to="a@b.test", write=a_letter, **here
        ),
        "confirm": lambda: confirm(session, actor, **key, code="AAAA-AAAA", now=NOON),
        "delete": lambda: delete(session, actor, **key, now=NOON),
    }


@pytest.mark.parametrize("owner", ["theirs", "the_houses"])
def test_what_belongs_to_others_is_not_there(request, owner, session, admin, installation):
    provider = request.getfixturevalue(owner)

    for act in attempts(session, admin, provider, installation).values():
        with pytest.raises(NotFound):
            act()


def test_nothing_is_put_into_the_lists_of_others(session, admin, rival, installation):
    here = {"installation": installation, "now": NOON}
    for owner in (None, rival.id):
        with pytest.raises(NotFound):
            create(session, admin, values=provider_values(), partner_id=owner, **here)
        with pytest.raises(NotFound):
            connection_tests.of_draft(
                session, admin, values=connection_values(), provider_id=None, partner_id=owner,
                **here,
            )  # fmt: skip
        with pytest.raises(NotFound):
            listing(session, admin, vault=installation.vault, partner_id=owner)

    assert session.query(Provider).count() == 0


def test_an_own_server_is_created_changed_and_deleted(session, admin, acme, installation):
    here = {"installation": installation, "now": NOON}
    made = create(session, admin, values=provider_values(), partner_id=acme.id, **here).provider
    renamed = values_of(made, from_name="Acme")
    change(session, admin, provider_id=made.id, values=renamed, version=None, **here)
    with pytest.raises(Conflict):
        confirm(session, admin, provider_id=made.id, code="AAAA-AAAA", now=NOON)
    delete(session, admin, provider_id=made.id, now=NOON)

    assert (made.partner_id, made.from_name) == (acme.id, "Acme")
    assert made.deleted_at == NOON


def test_a_reason_makes_no_untested_server_active_for_a_partner_admin(
    session, admin, acme, installation
):
    saved = create(
        session,
        admin,
        values=provider_values(is_active=True),
        partner_id=acme.id,
        override_reason="because",
        installation=installation,
        now=NOON,
    )

    assert saved.is_put_aside
    with pytest.raises(NotVerified):
        set_active(
            session, admin, provider_id=saved.provider.id, is_active=True, now=NOON,
            override_reason="because",
        )  # fmt: skip


def test_support_may_do_nothing_with_servers(session, acme, installation):
    provider = a_provider(session, partner_id=acme.id)
    session.commit()

    for act in attempts(session, SUPPORT, provider, installation).values():
        with pytest.raises(NotAllowed):
            act()

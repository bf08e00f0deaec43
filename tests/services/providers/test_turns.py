"""Two people at once, and people who may not: nobody loses a change."""

from threading import Thread

import pytest

from panel.services.provider_changes import StaleEdit, create
from panel.services.refusals import NotAllowed, NotFound
from panel.storage.database import session_for
from panel.storage.models import Provider
from tests.factories.moments import NOON
from tests.factories.provider_forms import (
    OPERATOR,
    SUPPORT,
    connection_values,
    provider_values,
    values_of,
)


def test_no_transaction_is_open_while_the_server_is_asked(
    add, engine, make_smtp_server, installation
):
    server = make_smtp_server()
    server.stall("ehlo")
    saved = []
    values = {"connection": connection_values(port=server.port), "is_active": True}
    saving = Thread(target=lambda: saved.append(add(name="slow", **values)))
    saving.start()
    server.wait_for_command("EHLO")

    with session_for(engine) as other:
        quick = create(
            other,
            OPERATOR,
            values=provider_values(name="quick"),
            installation=installation,
            now=NOON,
        )
    server.stop()
    saving.join()

    assert quick.provider.id < saved[0].provider.id


def test_stale_edit_is_refused_and_changes_nothing(add, save, session):
    provider = add().provider
    opened = provider.version
    save(provider, values_of(provider, from_name="by Ada"), version=opened)

    with pytest.raises(StaleEdit):
        save(provider, values_of(provider, from_name="by Bob"), version=opened)

    session.expire_all()
    assert session.get(Provider, provider.id).from_name == "by Ada"


def test_of_two_edits_at_once_one_wins_and_the_other_is_told(engine, add, save, session):
    provider = add().provider
    opened = provider.version
    told = []

    def edit(by):
        with session_for(engine) as own:
            try:
                save(provider, values_of(provider, from_name=by), version=opened, session=own)
            except StaleEdit:
                told.append(by)

    editors = [Thread(target=edit, args=(by,)) for by in ("Ada", "Bob")]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()

    session.expire_all()
    winner = session.get(Provider, provider.id).from_name
    assert sorted([winner, *told]) == ["Ada", "Bob"]


def test_change_made_while_the_new_connection_is_tested_is_not_lost(
    engine, add, save, session, make_smtp_server
):
    server = make_smtp_server()
    server.stall("ehlo")
    provider = add().provider
    values = values_of(
        provider, connection=connection_values(port=server.port), is_active=True, from_name="slow"
    )
    told = []

    def edit_slowly():
        with session_for(engine) as own:
            try:
                save(provider, values, session=own)
            except StaleEdit as refusal:
                told.append(refusal)

    slow = Thread(target=edit_slowly)
    slow.start()
    server.wait_for_command("EHLO")
    save(provider, values_of(provider, from_name="quick"))
    server.stop()
    slow.join()

    assert len(told) == 1
    session.expire_all()
    assert session.get(Provider, provider.id).from_name == "quick"


def test_support_may_not_change_providers(session, installation):
    with pytest.raises(NotAllowed):
        create(session, SUPPORT, values=provider_values(), installation=installation, now=NOON)


def test_deleted_provider_cannot_be_changed(add, save, session):
    provider = add().provider
    provider.deleted_at = NOON
    session.commit()

    with pytest.raises(NotFound):
        save(provider, values_of(provider))

"""`postroom application add` prints credentials that work, once, and refuses what it cannot use."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from panel.cli import main
from panel.services.application_tokens import authenticate
from panel.storage.models import Application
from tests.factories.people import a_partner


@pytest.fixture(autouse=True)
def environment(monkeypatch, config):
    """The settings of the test's installation, as a command reads them."""
    monkeypatch.setenv("POSTROOM_INSTANCE", str(config.instance))
    monkeypatch.setenv("POSTROOM_DATABASE_URL", config.database_url)


def test_printed_token_opens_the_api(session, capsys):
    assert main(["application", "add", "shop", "--streams", "system, crm", "--json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    caller = authenticate(session, printed["token"], address="", now=datetime.now(UTC))
    assert caller
    assert caller.actor.application_id == printed["id"]
    assert session.get_one(Application, printed["id"]).streams == ["system", "crm"]
    assert printed["smtp_username"]
    assert printed["smtp_password"]


def test_words_for_people_hold_the_same(session, capsys):
    assert main(["application", "add", "shop", "--streams", "system"]) == 0

    output = capsys.readouterr().out
    row = session.scalars(select(Application)).one()
    assert f"pr_{row.token_prefix}_" in output
    assert row.smtp_username in output
    assert "cannot be shown again" in output


def test_application_of_a_partner_is_bound_to_its_domains(session, capsys):
    partner = a_partner(session, slug="acme")
    session.commit()
    domains = ["--from-domain", "acme.test", "--from-domain", ".b.test,c.test"]

    arguments = ["application", "add", "shop", "--streams", "crm", "--partner", "acme", *domains]
    assert main(arguments) == 0

    row = session.scalars(select(Application)).one()
    assert row.partner_id == partner.id
    assert row.from_domains == ["acme.test", ".b.test", "c.test"]


def test_wrong_use_is_one_sentence_and_changes_nothing(session, capsys):
    wrong = (
        (["shop"], "--streams"),
        (["shop", "--streams", "letters"], "system, customer_service, crm and campaigns"),
        (["shop", "--streams", "crm", "--partner", "nobody"], "no partner"),
        (["shop", "--streams", "crm", "--from-domain", "a b"], "domain"),
        ([" ", "--streams", "crm"], "name"),
    )
    for arguments, words in wrong:
        assert main(["application", "add", *arguments]) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert words in output.err
        assert len(output.err.splitlines()) == 1
    assert session.scalars(select(Application)).all() == []

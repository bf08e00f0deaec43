"""`postroom provider` lists what the panel lists, and tests a connection step by step."""

import json

import pytest

from panel.cli import main
from panel.domain.provider import ServiceType
from panel.storage.models import AuditEvent, Provider
from tests.conftest import KEY_TEXT
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider


@pytest.fixture(autouse=True)
def environment(monkeypatch, config):
    """The settings of the test's installation, as a command reads them."""
    monkeypatch.setenv("POSTROOM_INSTANCE", str(config.instance))
    monkeypatch.setenv("POSTROOM_DATABASE_URL", config.database_url)
    monkeypatch.setenv("POSTROOM_SECRET_KEY", "s" * 32)
    monkeypatch.setenv("POSTROOM_ENCRYPTION_KEYS", KEY_TEXT)


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET})


@pytest.fixture
def saved(session, vault, server):
    """An untested provider with a stored password."""
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    provider = a_provider(session, port=server.port, verified=False, **login)
    session.commit()
    return provider


def test_list_has_the_order_of_the_panel(session, capsys):
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK)
    odd = "post@xn--mnchen-3ya.test"
    a_provider(
        session, name="first", host="smtp.house.test", port=587, from_email=odd, is_active=False
    )
    session.commit()

    assert main(["provider", "list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:4] == ["1", "2", "first", "smtp.house.test:587"]
    assert lines[2].split()[:3] == ["2", "1", "spare"]
    assert "inactive" in lines[1]
    assert "post@münchen.test" in lines[1]
    assert "fallback" in lines[2]


def test_list_as_json_has_no_secret(session, vault, capsys):
    a_provider(session, vault=vault, password=SECRET, username="kim")
    session.commit()

    assert main(["provider", "list", "--json"]) == 0

    printed = capsys.readouterr().out
    (row,) = json.loads(printed)["providers"]
    assert (row["id"], row["username"], row["active"], row["health"]) == (1, "kim", True, "closed")
    assert SECRET not in printed
    assert "secret" not in printed


def test_empty_list_says_what_to_do(capsys, session):
    assert main(["provider", "list"]) == 0

    assert "no provider yet" in capsys.readouterr().out


def test_passed_test_prints_each_step_and_verifies(saved, session, capsys):
    assert main(["provider", "test", str(saved.id)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:4]] == ["resolve", "connect", "banner", "ehlo"]
    assert lines[-1] == "The connection works."
    session.expire_all()
    provider = session.get(Provider, saved.id)
    assert provider.is_verified
    assert provider.verified_by == "command line"
    assert session.query(AuditEvent).one().actor == "command line"


def test_failed_test_says_why_and_exits_1(saved, server, capsys):
    server.refuse_login()

    assert main(["provider", "test", str(saved.id)]) == 1

    printed = capsys.readouterr().out
    cause, where = printed.splitlines()[-2:]
    assert cause.startswith("The server refused the login: ")
    assert "password" in cause.partition(": ")[2]
    assert where.startswith("The test failed at auth: 535 5.7.8")
    assert SECRET not in printed


def test_json_of_a_test_is_one_document(saved, server, capsys):
    server.refuse_login()

    assert main(["provider", "test", str(saved.id), "--json"]) == 1

    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["error"]["step"]) == (False, "auth")
    assert told["error"]["message"].startswith("The server refused the login: ")
    assert told["error"]["advice"]
    assert told["steps"][-1]["name"] == "quit"


@pytest.mark.parametrize("wrong", [["test"], ["test", "seven"], ["test", "4711"], ["juggle"], []])
def test_wrong_use_is_one_sentence_and_exit_2(wrong, session, capsys):
    assert main(["provider", *wrong]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1

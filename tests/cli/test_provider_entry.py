"""Adding and changing providers by commands: the form's fields and rules, the password apart."""

import io
import json

import pytest

from panel.cli import main
from panel.domain.provider import Encryption, Limits, ProviderType, ServiceType
from panel.storage.models import AuditEvent, Provider
from panel.storage.secrets import read_secret
from tests.cli.test_provider import environment, saved, server
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

__all__ = ["environment", "saved", "server"]

CLEAR = ["--host", "127.0.0.1", "--encryption", "none", "--from-email", "post@house.test"]
LOGIN = ["--username", "kim", "--password-stdin"]


@pytest.fixture
def typed(monkeypatch):
    """Puts a line on standard input, which is no terminal."""

    def typed(line):
        monkeypatch.setattr("sys.stdin", io.StringIO(line))

    typed("")
    return typed


def stored(session, **which):
    session.expire_all()
    found = session.query(Provider).filter_by(**which).one()
    session.commit()
    return found


def test_provider_that_passes_its_test_is_active_and_audited(server, session, vault, typed, capsys):
    typed(f"{SECRET}\n")
    port = ["--port", str(server.port)]

    assert main(["provider", "add", "--name", "relay", *CLEAR, *port, *LOGIN]) == 0

    provider = stored(session)
    assert (provider.is_active, provider.is_verified) == (True, True)
    assert read_secret(provider, vault) == SECRET
    assert capsys.readouterr().out == "relay has the ID 1 and is active.\n"
    actions = {event.action: event for event in session.query(AuditEvent)}
    assert set(actions) == {"provider.created", "provider.tested"}
    assert SECRET not in json.dumps(actions["provider.created"].after)


def test_provider_that_fails_its_test_is_saved_inactive(session, typed, capsys):
    assert main(["provider", "add", "--name", "relay", *CLEAR, "--port", "9"]) == 1

    assert not stored(session).is_active
    said = capsys.readouterr().out
    assert said.startswith("relay has the ID 1 and is inactive.\nIts connection test failed.")


def test_reason_makes_it_active_all_the_same(session, typed):
    reason = ["--reason", "Night shift."]
    assert main(["provider", "add", "--name", "relay", *CLEAR, "--port", "9", *reason]) == 1

    assert stored(session).is_active


def test_known_server_fills_what_it_settles(session, typed):
    typed("secret of the mailbox")
    given = ["--preset", "gmail", "--from-email", "shop@gmail.com", "--status", "inactive"]

    assert main(["provider", "add", *given, "--password-stdin"]) == 0

    provider = stored(session)
    assert (provider.name, provider.host, provider.port) == ("gmail", "smtp.gmail.com", 587)
    assert (provider.username, provider.encryption) == ("shop@gmail.com", Encryption.TLS)


def test_every_field_has_an_option(session, typed):
    a_provider(session)
    session.commit()
    given = {
        "name": "crm", "type": "crm_api_smtp", "driver": "smtp", "host": "smtp.crm.test",
        "port": "465", "encryption": "ssl", "from-email": "a@crm.test", "from-name": "CRM",
        "domains": "b.test, .c.test", "account-types": "crm", "service-type": "fallback",
        "status": "inactive", "per-second": "1", "per-minute": "20", "per-hour": "300",
        "per-day": "4000", "elsewhere-per-day": "1500",
    }  # fmt: skip
    options = [text for name, value in given.items() for text in (f"--{name}", value)]

    assert main(["provider", "add", *options, "--no-verify-certificate"]) == 0

    provider = stored(session, name="crm")
    assert (provider.type, provider.encryption) == (ProviderType.CRM_API_SMTP, Encryption.SSL)
    assert (provider.host, provider.port, provider.verify_certificate) == ("smtp.crm.test", 465, 0)
    assert (provider.domains, provider.account_types) == (["b.test", ".c.test"], ["crm"])
    assert provider.limits == Limits(1, 20, 300, 4000, elsewhere_per_day=1500)
    assert provider.service_type is ServiceType.FALLBACK


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--name: Enter a name."),
        (["--preset", "gmail", "--from-email", "a@gmail.com"], "Password: Enter the password."),
        (["--from-email", "a@gmail.com"], "try --preset gmail."),
        (["--account-types", "system,news"], "There is no account type 'news'."),
        (["--per-day", "many"], "'many' is not a valid integer"),
        (["--preset", "nowhere"], "'nowhere' is not one of"),
    ],
)
def test_wrong_use_is_answered_with_one_sentence_and_changes_nothing(
    options, said, session, typed, capsys
):
    assert main(["provider", "add", *options]) == 2

    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert session.query(Provider).count() == 0


def test_only_what_is_given_changes(saved, session, vault, typed, tmp_path, capsys):
    given = ["--from-name", "The House", "--per-day", "100"]
    assert main(["provider", "edit", "1", *given]) == 0
    assert main(["provider", "edit", "1", "--per-day", "none", "--json"]) == 0

    provider = stored(session)
    assert (provider.from_name, provider.per_day) == ("The House", None)
    assert read_secret(provider, vault) == SECRET
    told = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert told == {"id": 1, "name": provider.name, "active": True, "warnings": [], "test": None}


def test_password_belongs_to_its_server(saved, session, vault, typed, tmp_path, capsys):
    assert main(["provider", "edit", "1", "--host", "elsewhere.test"]) == 2
    assert "Enter the password again" in capsys.readouterr().err

    file = tmp_path / "password"
    file.write_text("another\n")
    told = ["--host", "elsewhere.test", "--status", "inactive", "--password-file", str(file)]
    a_provider(session, name="spare")
    session.commit()
    assert main(["provider", "edit", "1", *told]) == 0

    provider = stored(session, id=1)
    assert (provider.host, provider.is_verified) == ("elsewhere.test", False)
    assert read_secret(provider, vault) == "another"


def test_change_of_nothing_is_a_wrong_use(saved, typed, capsys):
    assert main(["provider", "edit", "1"]) == 2
    assert "What to change is missing" in capsys.readouterr().err


def test_last_active_provider_keeps_its_connection(saved, session, typed, capsys):
    typed(SECRET)
    assert main(["provider", "edit", "1", "--port", "9", "--password-stdin"]) == 2

    assert capsys.readouterr().err.startswith("postroom: Nothing was saved.")
    assert stored(session).port != 9


def test_what_a_fallback_could_not_send_for_is_said(session, typed, capsys):
    assert main(["provider", "add", "--name", "b", *CLEAR, "--status", "inactive",
                 "--service-type", "fallback"]) == 0  # fmt: skip

    assert "Note: There is no primary provider" in capsys.readouterr().err

"""What cannot be started says so in one sentence, with exit status 2, and changes nothing."""

import socket

import pytest
from sqlalchemy import func, select

from panel.storage.models import EncryptionKey, Provider
from tests.factories.providers import a_provider
from tests.kit.ports import free_port

OTHER_KEY = "b2" * 21 + "b="
before_the_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is refused before the database is looked at, so that its kind does not matter."""


def refusal(done):
    """The one sentence that a refused command prints."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("postroom: ")
    return line


@before_the_database
@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("POSTROOM_DATABASE_URL", "mysql://db/postroom", "POSTROOM_DATABASE_URL must name"),
        ("POSTROOM_SECRET_KEY", "short", "POSTROOM_SECRET_KEY is shorter"),
        ("POSTROOM_ENCRYPTION_KEYS", "nonsense", "POSTROOM_ENCRYPTION_KEYS: key 1 is not 32 bytes"),
        ("POSTROOM_BASE_URL", "mail.example.net", "POSTROOM_BASE_URL is “mail.example.net”"),
        ("POSTROOM_OPERATOR_EGRESS", "everywhere", "POSTROOM_OPERATOR_EGRESS"),
        ("POSTROOM_SUBMISSION_PORT", "smtp", "POSTROOM_SUBMISSION_PORT is “smtp”"),
        ("POSTROOM_LOG_LEVEL", "loud", "POSTROOM_LOG_LEVEL is “loud”"),
        ("POSTROOM_SECRET_KEY_FILE", "/nowhere/key", "POSTROOM_SECRET_KEY_FILE points at"),
    ],
)
def test_a_wrong_setting_is_named(installation, setting, value, words):
    done = installation.command("run", environment={setting: value})

    assert words in refusal(done)


def test_a_port_in_use_is_named(installation):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = installation.command("run", "--port", str(port))

    assert f"Port {port} on 127.0.0.1 is in use" in refusal(done)


@before_the_database
def test_an_unreachable_database_is_named(installation):
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/postroom"

    done = installation.command("worker", environment={"POSTROOM_DATABASE_URL": url})

    assert "POSTROOM_DATABASE_URL" in refusal(done)


def test_a_wrong_encryption_key_stops_the_start_and_leaves_secrets_alone(
    installation, session, vault
):
    provider = a_provider(session, vault=vault, password="hunter2hunter2", username="kim")
    before = provider.secret
    session.commit()
    assert installation.command("user", "add", "a@house.test", "--role", "support").returncode == 0

    done = installation.command("worker", environment={"POSTROOM_ENCRYPTION_KEYS": OTHER_KEY})

    assert "encryption key" in refusal(done)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(EncryptionKey)) == 1
    assert session.scalar(select(Provider.secret)) == before

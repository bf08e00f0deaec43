"""The `postroom` command: what it does, and one sentence for every wrong use."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from panel.cli import main
from tests.factories.people import PASSWORD


@pytest.fixture
def instance(tmp_path: Path, monkeypatch) -> Path:
    """Where the commands of the test keep everything."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("POSTROOM_INSTANCE", str(folder))
    return folder


@pytest.fixture
def run(capsys):
    """Runs a command: exit status, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_user_is_added_with_a_link_to_set_a_password(instance, run):
    status, out, err = run("user", "add", "anna@house.test", "--role", "operator")

    assert (status, err) == (0, "")
    assert out.startswith("http://127.0.0.1:8000/set-up/")


def test_password_comes_from_standard_input(instance, run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))

    status, out, _err = run(
        "user", "add", "anna@house.test", "--role", "support", "--password-stdin", "--name", "Anna"
    )

    assert status == 0
    assert "set-up" not in out
    assert PASSWORD not in out


def test_partner_and_its_admin_are_added(instance, run):
    assert run("partner", "add", "acme", "--name", "Acme")[0] == 0

    status, out, _err = run(
        "user", "add", "pam@acme.test", "--role", "partner_admin", "--partner", "acme"
    )

    assert status == 0
    assert "/set-up/" in out


def test_reading_contents_is_allowed_and_refused_by_address(instance, run):
    run("user", "add", "anna@house.test", "--role", "support")

    assert run("user", "contents", "Anna@house.test", "--allow")[:2] == (
        0,
        "Anna@house.test may now read contents.\n",
    )
    assert run("user", "contents", "anna@house.test", "--refuse")[0] == 0
    status, _out, err = run("user", "contents", "nobody@house.test", "--allow")
    assert status != 0
    assert "There is no user with this address." in err


def test_migrate_says_what_it_did(instance, run):
    assert run("migrate")[:2] == (0, "The database is at this version now.\n")
    assert run("migrate")[:2] == (0, "The database is at this version already.\n")


WRONG = {
    "no command": ((), "A command is missing"),
    "unknown command": (("nope",), "No such command 'nope'"),
    "no action": (("user",), "What to do is missing"),
    "unknown option": (("migrate", "--fast"), "No such option"),
    "no address": (("user", "add", "--role", "operator"), "Missing argument 'EMAIL'"),
    "no role": (("user", "add", "anna@house.test"), "Missing option '--role'"),
    "unknown role": (("user", "add", "a@house.test", "--role", "boss"), "'boss' is not one of"),
    "bad address": (("user", "add", "anna", "--role", "operator"), "not an e-mail address"),
    "admin of nothing": (
        ("user", "add", "a@house.test", "--role", "partner_admin"),
        "needs a partner",
    ),
    "partner too much": (
        ("user", "add", "a@house.test", "--role", "support", "--partner", "acme"),
        "Only a partner admin",
    ),
    "bad slug": (("partner", "add", "A B", "--name", "Acme"), "A slug has small letters"),
    "no name": (("partner", "add", "acme", "--name", " "), "Give a name"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_one_sentence_and_changes_nothing(instance, run, case):
    arguments, sentence = WRONG[case]

    status, out, err = run(*arguments)

    assert (status, out) == (2, "")
    assert sentence in err
    assert err.startswith("postroom: ")
    assert err.count("\n") == 1
    assert not instance.exists()


def test_short_password_is_refused(instance, run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))

    status, _out, err = run("user", "add", "a@b.test", "--role", "operator", "--password-stdin")

    assert status == 2
    assert "The password is too short." in err
    assert not instance.exists()


def test_what_is_there_already_is_refused(instance, run):
    run("partner", "add", "acme", "--name", "Acme")
    run("user", "add", "anna@house.test", "--role", "operator")

    again = run("partner", "add", "acme", "--name", "Acme")
    same = run("user", "add", "ANNA@house.test", "--role", "operator")

    assert (again[0], same[0]) == (2, 2)
    assert "“acme” already" in again[2]
    assert "anna@house.test already" in same[2]


SETTINGS = {
    "POSTROOM_SUBMISSION_PORT": "99999",
    "POSTROOM_DATABASE_URL": "mysql://db/postroom",
    "POSTROOM_SECRET_KEY": "short",
    "POSTROOM_ENCRYPTION_KEYS": "not-a-key",
    "POSTROOM_BASE_URL": "ftp://house.test",
    "POSTROOM_OPERATOR_EGRESS": "everywhere",
    "POSTROOM_PARTNER_EGRESS": "10.0.0.0/99",
    "POSTROOM_LOG_LEVEL": "loud",
    "POSTROOM_LOG_FORMAT": "xml",
    "POSTROOM_TRUSTED_PROXIES": "-1",
    "POSTROOM_SECRET_KEY_FILE": "/nowhere/at/all",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_wrong_setting_is_named_and_changes_nothing(instance, run, monkeypatch, name):
    monkeypatch.setenv(name, SETTINGS[name])

    status, out, err = run("user", "add", "anna@house.test", "--role", "operator")

    assert (status, out) == (2, "")
    assert name in err
    assert err.count("\n") == 1
    assert not instance.exists()


def test_lost_encryption_key_is_said(instance, run):
    run("migrate")
    run("user", "add", "anna@house.test", "--role", "operator")
    (instance / "encryption_keys").unlink()

    status, _out, err = run("user", "add", "ben@house.test", "--role", "operator")

    assert status == 2
    assert "The encryption key" in err


def test_command_is_there_as_a_program(instance):
    program = Path(sys.executable).with_name("postroom")

    done = subprocess.run([program, "nope"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "postroom: No such command 'nope'.\n"
    assert "Traceback" not in done.stderr

"""Starting: what is made, what is checked, and the one sentence when something is wrong."""

import base64
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from panel.config import Config, ConfigError, read_config
from panel.domain.retention import FIRST, KEEP_ALL, Retentions
from panel.services.installation import CannotStart, bring_up_to_date, prepare
from panel.storage.database import Session, make_engine
from panel.storage.queries.retention import retentions
from panel.storage.schema import is_current
from tests.kit.postgres import create_database, drop_database
from tests.storage.test_migrations import config as alembic_config

OTHER_KEY = base64.urlsafe_b64encode(b"o" * 32).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an instance will be."""
    return tmp_path / "instance"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    url = create_database()
    yield url
    drop_database(url)


def settings(folder: Path, **more: str) -> Config:
    """The settings of a fresh machine, with some set."""
    return read_config({"POSTROOM_INSTANCE": str(folder), **more})


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of the instance; the database's own side files left out."""
    ours = [path for path in folder.iterdir() if "postroom.db" not in path.name]
    return {path.name: path.read_bytes() for path in ours}


def execute(url: str, statement: str) -> None:
    """Runs a statement on a database."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def kept(url: str) -> Retentions:
    """How long mail is kept in that database."""
    engine = make_engine(url)
    with Session(engine) as session:
        found = retentions(session)
    engine.dispose()
    return found


def test_new_installation_begins_with_times_for_which_mail_is_kept(folder):
    prepare(settings(folder))

    assert kept(settings(folder).database_url) == FIRST


def test_new_installation_on_postgresql_does_too(folder, postgres_url):
    bring_up_to_date(settings(folder, POSTROOM_DATABASE_URL=postgres_url))

    assert kept(postgres_url) == FIRST


def test_installation_that_is_brought_up_to_date_keeps_everything(folder):
    prepare(settings(folder))
    url = settings(folder).database_url
    engine = make_engine(url)
    with engine.execution_options(writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "0014")
    engine.dispose()

    prepare(settings(folder))

    assert set(kept(url).values()) == {KEEP_ALL}


def test_first_start_makes_folder_keys_and_database(folder):
    installation = prepare(settings(folder))

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("secret_key", "encryption_keys"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert sorted(contents(folder)) == ["encryption_keys", "secret_key"]
    assert len(installation.config.secret_key) >= 32
    assert [len(key) for key in installation.vault.keys] == [32]
    engine = make_engine(installation.config.database_url)
    assert is_current(engine)
    engine.dispose()


def test_second_start_uses_what_is_there(folder):
    first = prepare(settings(folder))

    assert prepare(settings(folder)) == first


def test_installation_shows_no_key(folder):
    installation = prepare(settings(folder))

    assert installation.config.secret_key not in repr(installation)
    assert repr(installation.vault.keys[0]) not in repr(installation)


def test_many_processes_start_at_once_with_one_key(folder):
    with ThreadPoolExecutor(6) as pool:
        installations = list(pool.map(lambda _number: prepare(settings(folder)), range(6)))

    assert len({item.vault.keys for item in installations}) == 1
    assert len({item.config.secret_key for item in installations}) == 1


def test_lost_key_stops_the_start_and_no_new_one_is_made(folder):
    prepare(settings(folder))
    (folder / "encryption_keys").unlink()
    before = contents(folder)

    with pytest.raises(CannotStart, match="is missing"):
        prepare(settings(folder))

    assert contents(folder) == before


def test_another_key_stops_the_start(folder):
    prepare(settings(folder))

    with pytest.raises(CannotStart, match="is missing"):
        prepare(settings(folder, POSTROOM_ENCRYPTION_KEYS=OTHER_KEY))


def test_new_key_before_the_old_one_is_taken(folder):
    first = prepare(settings(folder))
    old = (folder / "encryption_keys").read_text().strip()
    both = f"{OTHER_KEY},{old}"

    second = prepare(settings(folder, POSTROOM_ENCRYPTION_KEYS=both))

    assert second.vault.keys == (b"o" * 32, *first.vault.keys)
    with pytest.raises(CannotStart, match="is missing"):
        prepare(settings(folder))


def test_key_that_opens_nothing_stops_the_start(folder):
    config = prepare(settings(folder)).config
    execute(config.database_url, "UPDATE encryption_keys SET sample = X'00112233'")

    with pytest.raises(CannotStart, match="does not open"):
        prepare(settings(folder))


def test_key_file_with_something_else_in_it_is_named(folder):
    prepare(settings(folder))
    (folder / "encryption_keys").write_text("not a key\n")

    with pytest.raises(ConfigError, match="encryption_keys: key 1 is not 32 bytes"):
        prepare(settings(folder))


def test_database_copied_without_its_keys_does_not_start(folder, tmp_path):
    prepare(settings(folder))
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copyfile(folder / "postroom.db", copy / "postroom.db")

    with pytest.raises(CannotStart, match="is missing"):
        prepare(settings(copy))

    assert contents(copy) == {}


def test_keys_of_the_environment_leave_no_files(folder, tmp_path):
    prepare(
        settings(
            folder,
            POSTROOM_SECRET_KEY="s" * 32,
            POSTROOM_ENCRYPTION_KEYS=OTHER_KEY,
            POSTROOM_DATABASE_URL=f"sqlite:///{tmp_path}/own.db",
        )
    )

    assert contents(folder) == {}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////nowhere/at/all/postroom.db", "unable to open database file"),
        ("postgresql+psycopg://me:s3cret@127.0.0.1:1/x", "Connection refused"),
    ],
)
def test_unreachable_database_is_said_without_its_password(folder, url, said):
    with pytest.raises(CannotStart, match=said) as fault:
        prepare(settings(folder, POSTROOM_DATABASE_URL=url))

    assert "s3cret" not in str(fault.value)
    assert "POSTROOM_DATABASE_URL" in str(fault.value)
    assert "\n" not in str(fault.value)
    assert contents(folder) == {}


def test_file_that_is_no_database_is_said(folder, tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear Anna, this is not a database. " * 50)

    with pytest.raises(CannotStart, match="not a database"):
        prepare(settings(folder, POSTROOM_DATABASE_URL=f"sqlite:///{path}"))

    assert path.read_text().startswith("Dear Anna")


def test_instance_that_is_a_file_is_said(folder):
    folder.write_text("")

    with pytest.raises(CannotStart, match="POSTROOM_INSTANCE"):
        prepare(settings(folder))


def test_newer_database_is_left_alone(config):
    prepare(config)
    execute(config.database_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(CannotStart, match="version 9999"):
        prepare(config)
    with pytest.raises(CannotStart, match="version 9999"):
        bring_up_to_date(config)


def test_postgresql_is_migrated_by_its_command_only(folder, postgres_url):
    config = settings(folder, POSTROOM_DATABASE_URL=postgres_url)

    with pytest.raises(CannotStart, match="Run `postroom migrate`"):
        prepare(config)
    assert not (folder / "encryption_keys").exists()

    assert bring_up_to_date(config)
    assert not bring_up_to_date(config)
    assert prepare(config).vault.keys


def test_second_machine_with_a_key_of_its_own_does_not_start(folder, tmp_path, postgres_url):
    first = settings(folder, POSTROOM_DATABASE_URL=postgres_url)
    bring_up_to_date(first)
    prepare(first)

    with pytest.raises(CannotStart, match="is missing"):
        prepare(settings(tmp_path / "second", POSTROOM_DATABASE_URL=postgres_url))


def test_unreadable_key_file_is_said(folder):
    prepare(settings(folder))
    (folder / "secret_key").unlink()
    (folder / "secret_key").mkdir()

    with pytest.raises(CannotStart, match="cannot be read"):
        prepare(settings(folder))

"""What all tests share: migrated databases of both kinds, a vault, the app and its cast."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from panel.app import create_app
from panel.config import Config, read_config
from panel.domain.permission import Role
from panel.services import passwords
from panel.storage.database import Session, db, make_engine, session_for
from panel.storage.models import User
from panel.storage.schema import migrate
from panel.storage.vault import Vault
from tests.factories.people import PASSWORD, a_user
from tests.kit.postgres import create_database, drop_database
from tests.kit.smtp import make_smtp_server, smtp_server
from tests.kit.templates import CompiledTemplates

__all__ = ["make_smtp_server", "smtp_server"]

KEY_TEXT = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
"""Thirty-two times the letter k, as a setting holds it."""
HASHER = passwords._HASHER
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
COMPILED = CompiledTemplates()
SignIn = Callable[..., FlaskClient]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "postroom.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database; each test that uses it runs once on either kind."""
    if request.param == "sqlite":
        path = tmp_path / "postroom.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = create_database(migrated=True)
    yield url
    drop_database(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the test's database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing session on the test's database; commit what others have to see."""
    with session_for(engine) as session:
        yield session


@pytest.fixture(scope="session")
def vault() -> Vault:
    """The key ring that the app of the tests uses too."""
    return Vault((b"k" * 32,))


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """Settings for the test's database; the base URL is plain HTTP."""
    return read_config(
        {
            "POSTROOM_INSTANCE": str(tmp_path / "instance"),
            "POSTROOM_DATABASE_URL": database_url,
            "POSTROOM_SECRET_KEY": "s" * 32,
            "POSTROOM_ENCRYPTION_KEYS": KEY_TEXT,
            "POSTROOM_BASE_URL": "http://localhost",
            "POSTROOM_LOG_LEVEL": "error",
        }
    )


@pytest.fixture
def app(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The whole panel; forms are taken without a CSRF token unless a test turns it on.

    What takes long on purpose or again and again does not: hashes of passwords, templates.
    """
    monkeypatch.setattr(passwords, "_HASHER", QUICK_HASHER)
    app = create_app(config)
    app.jinja_env.bytecode_cache = COMPILED
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, session: Session) -> SignIn:
    """Signs in a new user of a role, or a given user, and returns the browser."""

    def sign_in(role: Role | User = Role.OPERATOR, **overrides: object) -> FlaskClient:
        user = role if isinstance(role, User) else a_user(session, role, **overrides)
        user.password_hash = password_hash()
        session.commit()
        client = app.test_client()
        answer = client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    return sign_in


@cache
def password_hash() -> str:
    """The hash of the cast's password, as the app of the tests makes them."""
    return QUICK_HASHER.hash(PASSWORD)

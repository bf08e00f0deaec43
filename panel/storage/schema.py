"""The version of the schema: brought up to date, and compared with what this program needs.

Alembic is loaded only where it has work to do, as every start looks at the version.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

from sqlalchemy import Connection, Engine, inspect, text

from panel.storage.database import Base

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 7_302_611_905
"""A number of our own for PostgreSQL's advisory lock: one process migrates, others wait."""


def migrate(engine: Engine) -> None:
    """Applies the missing migrations in one transaction; safe when several processes try it."""
    from alembic import command

    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(_alembic(connection), "head")


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest version of the schema."""
    with engine.connect() as connection:
        return present_version(connection) == newest_version()


def present_version(connection: Connection) -> str | None:
    """The version that the database has, None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT max(version_num) FROM alembic_version"))
    return version


@cache
def newest_version() -> str | None:
    """The version that this program needs: migrations are numbered by the names of their files."""
    names = (path.name for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return max((name.partition("_")[0] for name in names), default=None)


def differences(engine: Engine) -> list[object]:
    """What the migrated database lacks or has beyond the models; empty when both agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection, catch_warnings():
        # Of SQLite's indexes those on expressions cannot be compared; PostgreSQL's are.
        filterwarnings("ignore", message=".*expression-based index", category=Warning)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def new_migration(engine: Engine, message: str) -> None:
    """Writes a migration from the differences between database and models."""
    from alembic import command

    number = len(list((MIGRATIONS / "versions").glob("0*.py"))) + 1
    with engine.begin() as connection:
        alembic = _alembic(connection)
        command.revision(alembic, message, autogenerate=True, rev_id=f"{number:04}")


def _alembic(connection: Connection) -> AlembicConfig:
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config

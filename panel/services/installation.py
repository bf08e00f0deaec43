"""Getting ready to start: instance folder, database, keys; each fault is said in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from panel.config import Config
from panel.domain.retention import FIRST
from panel.services import keys
from panel.services.keys import CannotStart
from panel.storage import schema
from panel.storage.database import Session, make_engine
from panel.storage.models import EncryptionKey
from panel.storage.queries import installation as queries
from panel.storage.queries.retention import (
    hold_retentions,
    retentions,
    store_retention,
)
from panel.storage.vault import Vault

__all__ = ["CannotStart", "Installation", "bring_up_to_date", "prepare"]


@dataclass(frozen=True, slots=True)
class Installation:
    """What a running Postroom was started with."""

    config: Config
    """With the keys of the instance where the environment gives none."""
    vault: Vault = field(repr=False)


def prepare(config: Config, *, now: datetime | None = None) -> Installation:
    """Makes what is missing, checks what is there; afterwards everything can run.

    Raises CannotStart, and ConfigError for a key file that holds no keys.
    """
    place = _Place(config)
    try:
        vault = place.open()
        place.remember(vault, now=now or datetime.now(UTC))
        secret_key = keys.read_secret_key(config) or keys.make_secret_key(config)
    finally:
        place.close()
    settings = replace(config, secret_key=secret_key, encryption_keys=vault.keys)
    return Installation(config=settings, vault=vault)


def bring_up_to_date(config: Config) -> bool:
    """Applies the missing migrations; False when there was nothing to do.

    Raises CannotStart when the database cannot be reached or is newer than this program.
    """
    place = _Place(config)
    try:
        return place.migrate()
    finally:
        place.close()


class _Place:
    """The instance folder and the database of one installation while it is made ready."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._engine = make_engine(config.database_url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"

    def close(self) -> None:
        self._engine.dispose()

    def open(self) -> Vault:
        """The key ring that fits the database, whose schema is this program's afterwards."""
        if self._uses_folder():
            _make_folder(self._config.instance)
        version = self._version()
        known = self._known_keys() if version else []
        ring = keys.read_encryption_keys(self._config)
        if known or ring:
            keys.check_keys(Vault(ring), known, instance=self._config.instance)
        self._update(version)
        return Vault(ring or keys.make_encryption_keys(self._config))

    def migrate(self) -> bool:
        if self._uses_folder():
            _make_folder(self._config.instance)
        if self._version() == schema.newest_version():
            return False
        self._migrate()
        return True

    def _migrate(self) -> None:
        """A new installation begins with times for which mail is kept; others have to choose."""
        is_new = self._version() is None
        schema.migrate(self._engine)
        if is_new:
            with Session(self._engine.execution_options(writes=True)) as session:
                hold_retentions(session)
                if all(kept.keeps_all for kept in retentions(session).values()):
                    for stream, retention in FIRST.items():
                        store_retention(session, stream, retention)
                session.commit()

    def remember(self, vault: Vault, *, now: datetime) -> None:
        if vault.newest_key_id in {row.key_id for row in self._known_keys()}:
            return
        with Session(self._engine.execution_options(writes=True)) as session:
            keys.remember_newest(session, vault, instance=self._config.instance, now=now)

    def _uses_folder(self) -> bool:
        config = self._config
        return self._is_sqlite or not (config.secret_key and config.encryption_keys)

    def _version(self) -> str | None:
        """The version of the schema, None when it is empty."""
        try:
            with self._engine.connect() as connection:
                present = schema.present_version(connection)
        except queries.DATABASE_FAULTS as error:
            raise CannotStart(
                f"The database cannot be used: {queries.in_one_line(error)}. "
                "Check POSTROOM_DATABASE_URL and that the database is running."
            ) from None
        newest = schema.newest_version()
        if present and newest and present > newest:
            raise CannotStart(
                f"The database has the version {present}, but this program knows only {newest}. "
                "Start the newer Postroom that it was used with."
            )
        return present

    def _known_keys(self) -> list[EncryptionKey]:
        with Session(self._engine) as session:
            return queries.known_keys(session)

    def _update(self, version: str | None) -> None:
        if version == schema.newest_version():
            return
        if not self._is_sqlite:
            raise CannotStart(
                "The database has not been brought to this version yet. "
                "Run `postroom migrate`, then start again."
            )
        self._migrate()


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"The instance folder {path} cannot be made ({error.strerror}). Set POSTROOM_INSTANCE "
            "to a folder that this user may write to."
        ) from None

"""The keys of the installation: read or made at start, and checked against the database."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from datetime import datetime
from pathlib import Path

from panel.config import Config, parse_encryption_keys
from panel.storage.database import Session
from panel.storage.models import EncryptionKey
from panel.storage.queries import installation as queries
from panel.storage.vault import Sealed, SecretUnreadable, Vault

SECRET_KEY_FILE = "secret_key"
ENCRYPTION_KEYS_FILE = "encryption_keys"
_SAMPLE, _SAMPLE_USE = "postroom", b"sample of a key"


class CannotStart(Exception):
    """Postroom cannot run like this; the text says why and what to do about it."""


def read_secret_key(config: Config) -> str:
    """The key that signs cookies: from the settings, else from the instance; empty when new."""
    return config.secret_key or _read(config.instance / SECRET_KEY_FILE)


def read_encryption_keys(config: Config) -> tuple[bytes, ...]:
    """The key ring: from the settings, else from the instance; empty when new.

    Raises ConfigError when the file in the instance holds something else than keys.
    """
    if config.encryption_keys:
        return config.encryption_keys
    path = config.instance / ENCRYPTION_KEYS_FILE
    text = _read(path)
    return parse_encryption_keys(text, source=str(path)) if text else ()


def make_secret_key(config: Config) -> str:
    """A new key in the instance, or the one that another process has just put there."""
    return _keep(config.instance / SECRET_KEY_FILE, secrets.token_urlsafe(32))


def make_encryption_keys(config: Config) -> tuple[bytes, ...]:
    """A new ring of one key in the instance, or the one that another process has just put there."""
    path = config.instance / ENCRYPTION_KEYS_FILE
    text = _keep(path, base64.urlsafe_b64encode(os.urandom(32)).decode())
    return parse_encryption_keys(text, source=str(path))


def check_keys(vault: Vault, known: list[EncryptionKey], *, instance: Path) -> None:
    """Raises CannotStart unless every key that the database knows is in the ring and opens."""
    for row in known:
        if row.key_id not in vault.key_ids:
            raise CannotStart(
                f"The encryption key {row.key_id}, which stored secrets need, is missing. Put it "
                f"back into {instance / ENCRYPTION_KEYS_FILE} or POSTROOM_ENCRYPTION_KEYS."
            )
        try:
            vault.open(Sealed(row.key_id, row.sample), _SAMPLE_USE)
        except SecretUnreadable:
            raise CannotStart(
                f"The encryption key {row.key_id} does not open what was encrypted with it. "
                "Restore the database and its keys from the same backup."
            ) from None


def remember_newest(session: Session, vault: Vault, *, instance: Path, now: datetime) -> None:
    """Lets the database know the newest key; another process may just have done the same.

    Raises CannotStart when somebody else's key, missing here, has come in between.
    """
    queries.lock_keys(session)
    known = queries.known_keys(session)
    check_keys(vault, known, instance=instance)
    if vault.newest_key_id not in {row.key_id for row in known}:
        sample = vault.seal(_SAMPLE, _SAMPLE_USE)
        session.add(EncryptionKey(key_id=sample.key_id, sample=sample.ciphertext, created_at=now))
    session.commit()


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(
            f"{path} cannot be read ({error}). Give this user the right to read it."
        ) from None


def _keep(path: Path, text: str) -> str:
    """Writes a file of mode 0600 in one step; the first of several processes wins."""
    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(number)
        try:
            os.link(name, path)
        except FileExistsError:
            return _read(path)
        finally:
            Path(name).unlink()
    except OSError as error:
        raise CannotStart(
            f"{path} cannot be written ({error.strerror}). Make the folder writable, or set "
            "POSTROOM_INSTANCE to one that is."
        ) from None
    return text

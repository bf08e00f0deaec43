"""The settings of this installation, read once from the environment and checked as a whole."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from panel.drivers.egress import EgressPolicy
from panel.storage.database import names_database

CHECKOUT = Path(__file__).resolve().parent.parent
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
MAIL_PORTS = (25, 465, 587, 2525)
"""What providers of partners may be reached at where the setting names no ports."""


class ConfigError(Exception):
    """A setting cannot be used; the text names it, says why and gives an example."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set from outside; see `docs/settings.md`."""

    instance: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[bytes, ...] = field(repr=False)
    """Newest first, 32 bytes each; empty until the instance has its keys."""
    base_url: str
    operator_egress: EgressPolicy
    partner_egress: EgressPolicy
    submission_port: int
    log_level: str
    log_format: str
    """`text`, `json`, or empty: text on a terminal, else JSON."""
    trusted_proxies: int

    @property
    def is_https(self) -> bool:
        """Whether people reach the panel over HTTPS, so that cookies can demand it."""
        return self.base_url.startswith("https://")


class _Environment:
    """Settings by name, each from `NAME` or from the file that `NAME_FILE` points at."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str) -> str:
        path = self._values.get(f"{name}_FILE")
        if path is None:
            return self._values.get(name, default).strip()
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{name}_FILE points at {path}, which cannot be read ({error}). "
                f"Example: {name}_FILE=/run/secrets/{name.lower()}"
            ) from None

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ConfigError(
                f"{name} is “{text}”, but must be a whole number from {low} to {high}. "
                f"Example: {name}={default}"
            )
        return int(text)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        text = self.text(name, default)
        if text not in (*choices, default):
            allowed = ", ".join(choices)
            raise ConfigError(
                f"{name} is “{text}”, but must be one of {allowed}. Example: {name}={choices[0]}"
            )
        return text


def read_config(
    environ: Mapping[str, str] | None = None, *, host: str = "127.0.0.1", port: int = 8000
) -> Config:
    """The settings from `environ` (the process's own by default).

    `host` and `port` say where the panel will listen; they make the default base URL.
    Raises ConfigError for the first value that cannot be used. Reads files, writes none.
    """
    env = _Environment(os.environ if environ is None else environ)
    instance = Path(env.text("POSTROOM_INSTANCE", str(CHECKOUT / "instance"))).absolute()
    return Config(
        instance=instance,
        database_url=_database_url(env, instance),
        secret_key=_secret_key(env),
        encryption_keys=_encryption_keys(env),
        base_url=_base_url(env, host, port),
        operator_egress=_egress(env, "POSTROOM_OPERATOR_EGRESS", "public,private,loopback"),
        partner_egress=_egress(env, "POSTROOM_PARTNER_EGRESS", "public", ports=MAIL_PORTS),
        submission_port=env.number("POSTROOM_SUBMISSION_PORT", 2525, low=0, high=65535),
        log_level=env.choice("POSTROOM_LOG_LEVEL", "info", LOG_LEVELS),
        log_format=env.choice("POSTROOM_LOG_FORMAT", "", LOG_FORMATS),
        trusted_proxies=env.number("POSTROOM_TRUSTED_PROXIES", 0, low=0, high=10),
    )


def publish_base_url(config: Config) -> None:
    """Lets the processes that this one starts know the address of the panel."""
    os.environ["POSTROOM_BASE_URL"] = config.base_url


def _database_url(env: _Environment, instance: Path) -> str:
    text = env.text("POSTROOM_DATABASE_URL", f"sqlite:///{instance / 'postroom.db'}")
    if not names_database(text):
        raise ConfigError(
            "POSTROOM_DATABASE_URL must name an SQLite file or a PostgreSQL database. Examples: "
            "sqlite:////var/lib/postroom/postroom.db or "
            "postgresql+psycopg://postroom:password@db.example.net/postroom"
        )
    return text


def _secret_key(env: _Environment) -> str:
    text = env.text("POSTROOM_SECRET_KEY", "")
    if text and len(text) < 32:
        raise ConfigError(
            "POSTROOM_SECRET_KEY is shorter than 32 characters. Make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return text


def _encryption_keys(env: _Environment) -> tuple[bytes, ...]:
    text = env.text("POSTROOM_ENCRYPTION_KEYS", "")
    return parse_encryption_keys(text, source="POSTROOM_ENCRYPTION_KEYS") if text else ()


def parse_encryption_keys(text: str, *, source: str) -> tuple[bytes, ...]:
    """Keys of 32 bytes in URL-safe base64, comma-separated, newest first; `source` is for errors.

    Raises ConfigError when one of them is something else.
    """
    keys = []
    for position, part in enumerate(text.split(","), start=1):
        try:
            key = base64.b64decode(part.strip().encode(), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            key = b""
        if len(key) != 32:
            raise ConfigError(
                f"{source}: key {position} is not 32 bytes in URL-safe base64. Make one with: "
                "python3 -c 'import base64, os; "
                "print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
            )
        keys.append(key)
    return tuple(keys)


def _base_url(env: _Environment, host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    text = env.text("POSTROOM_BASE_URL", f"http://{shown}:{port}").rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ConfigError(
            f"POSTROOM_BASE_URL is “{text}”, but must be the address of the panel without a path. "
            "Example: POSTROOM_BASE_URL=https://mail.example.net"
        )
    return text


def _egress(
    env: _Environment, name: str, default: str, *, ports: tuple[int, ...] = ()
) -> EgressPolicy:
    try:
        return EgressPolicy.parse(env.text(name, default), ports=ports)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None

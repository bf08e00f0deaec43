"""What a driver tells of itself: its name, who may use it, and the settings that it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from panel.domain.provider import Encryption, ProviderType
from panel.drivers.host import check_host


def N_(text: str) -> str:  # noqa: N802 - the name by which texts are found
    """Marks a text that is translated where it is shown."""
    return text


_LINE_ENDS = re.compile(r"[\r\n\t]")


class DriverKind(StrEnum):
    """What a driver speaks."""

    SMTP = "smtp"
    API = "api"


@dataclass(frozen=True, slots=True)
class ExtraSetting:
    """A setting that only this driver has; form, checks, import and export are built from it."""

    name: str
    label: str
    """English, translated where it is shown; so is the hint."""
    choices: tuple[tuple[str, str], ...] = ()
    """Values with their labels, the usual one first; empty for free text."""
    hint: str = ""
    is_required: bool = False
    pattern: str = ""
    """What a free text must look like as a whole; empty: any printable text."""
    longest: int = 500
    """Characters."""
    is_long: bool = False
    """A text of several lines."""
    reads: Callable[[str], object] | None = None
    """Raises ValueError for a free text that cannot be used."""

    @property
    def usual(self) -> str:
        """What holds where nothing is chosen."""
        return self.choices[0][0] if self.choices else ""

    def fits(self, value: str) -> bool:
        """Whether a value that is not empty can be used."""
        if self.choices:
            return value in {known for known, _ in self.choices}
        shown = _LINE_ENDS.sub(" ", value) if self.is_long else value
        if not shown.isprintable() or len(value) > self.longest:
            return False
        return re.fullmatch(self.pattern or ".*", shown) is not None and self._is_read(value)

    def _is_read(self, value: str) -> bool:
        try:
            return self.reads is None or self.reads(value) is not None
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an API is."""

    host: str
    port: int
    encryption: Encryption
    path: str = ""
    """What stands before every path of the API; without a slash at its end."""


BASE_URL = ExtraSetting(
    "base_url",
    N_("Base URL"),
    hint=N_("Only for a site of your own or a test. Empty: the vendor's own address."),
)
"""Every API driver has it."""
SERVER_FIELDS = frozenset({"host", "port", "encryption", "verify_certificate", "username"})
"""What it takes to reach a server; an API that is always at the same place needs less."""
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True)
class DriverDescription:
    """What forms and lists need to know of a driver."""

    name: str
    label: str
    """A proper name, not translated."""
    kind: DriverKind
    provider_types: frozenset[ProviderType]
    """Those that may use it."""
    settings: tuple[ExtraSetting, ...] = ()
    fields: frozenset[str] = SERVER_FIELDS
    """Those of the server's fields that it uses; the form hides the others."""
    site: Callable[[Mapping[str, str]], str] | None = None
    """The address of the vendor's API for some settings; None: host and port are entered."""

    @property
    def needs_secret(self) -> bool:
        """Whether nothing can be sent without a key."""
        return self.kind is DriverKind.API

    def place(self, settings: Mapping[str, str]) -> Place | None:
        """Where the API is; None where host and port are entered. ValueError: no base URL."""
        if self.site is None:
            return None
        return read_base_url(settings.get(BASE_URL.name, "") or self.site(settings))


def read_base_url(url: str) -> Place:
    """The parts of `https://host[:port][/path]`. Raises ValueError.

    Without encryption only on this very machine: the key would be in clear text on the way.
    """
    if not url.isprintable():
        raise ValueError(url)
    parts = urlsplit(url.strip().rstrip("/"))
    host = check_host(parts.hostname or "")
    is_strange = parts.query or parts.fragment or parts.username or parts.password
    if is_strange or not _PREFIX.fullmatch(parts.path):
        raise ValueError(url)
    if parts.scheme == "https":
        return Place(host, parts.port or 443, Encryption.SSL, parts.path)
    if parts.scheme == "http" and _LOOPBACK.fullmatch(host):
        return Place(host, parts.port or 80, Encryption.NONE, parts.path)
    raise ValueError(url)

"""What is known of a vendor's mail server, and how an address tells which one it is.

The servers themselves are in `presets.py`, what people read of them in `panel.web.preset_words`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from panel.domain.provider import Encryption


class PresetKind(StrEnum):
    """Where the catalogue shows it."""

    MAILBOX = "mailbox"
    """A mailbox at a provider: an Internal account, reached by SMTP."""
    SERVICE = "service"
    """A sending service with an API: an External account."""


class UserName(StrEnum):
    """What the vendor wants as user name."""

    ADDRESS = "address"
    """The whole e-mail address."""
    LOCAL_PART = "local_part"
    """The part of the address before the @."""
    FIXED = "fixed"
    """Always the same word, the `username` of the preset."""
    ISSUED = "issued"
    """One that the vendor shows in its own panel."""
    KEY = "key"
    """The API key or token itself."""


class Need(StrEnum):
    """What has to be done at the vendor before it takes mail from a program."""

    APP_PASSWORD = "app_password"
    APP_PASSWORD_WITH_2FA = "app_password_with_2fa"
    """Only where two-step verification is on."""
    CLIENT_ACCESS = "client_access"
    """Access by other programs has to be switched on."""
    SMTP_AUTH = "smtp_auth"
    """An administrator has to allow SMTP AUTH for the mailbox."""
    PASSWORD_LOGIN_ENDS = "password_login_ends"
    """The vendor is about to refuse passwords and to take OAuth only."""
    OAUTH_ONLY = "oauth_only"
    """The vendor takes no passwords any more."""
    OWN_SENDER = "own_sender"
    """From has to be the address that logs in, or an alias of it."""
    VERIFIED_SENDER = "verified_sender"
    """From has to be an address or of a domain that the vendor has verified."""
    VERIFIED_DOMAIN = "verified_domain"
    SMTP_CREDENTIALS = "smtp_credentials"
    """User name and password of its own for SMTP, neither API key nor the account's."""
    API_KEY = "api_key"
    """The password is an API key or token."""
    KEY_PAIR = "key_pair"
    """The user name is the API key, the password its secret key."""
    RIGHT_REGION = "right_region"
    """The host depends on where the account is."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One known server; `source` is the vendor's page that says so."""

    id: str
    label: str
    """A proper name, not translated."""
    kind: PresetKind
    hosts: tuple[str, ...]
    """The usual one first; others are those of regions or of other kinds of account."""
    port: int
    encryption: Encryption
    user_name: UserName
    source: str
    username: str = ""
    """The fixed word where `user_name` is FIXED."""
    needs: tuple[Need, ...] = ()
    domains: tuple[str, ...] = ()
    """Mail domains whose mailboxes are there; with a leading dot their subdomains."""
    driver: str = ""
    """The driver for the vendor's API; empty when it has none."""

    @property
    def host(self) -> str:
        """The usual host."""
        return self.hosts[0]


def recognise(text: str, presets: Iterable[Preset]) -> Preset | None:
    """The preset that an address, a mail domain or the name of a server stands for."""
    word = text.strip().rpartition("@")[2].rstrip(".").lower()
    if not word:
        return None
    return next((item for item in presets if _is_of(word, item)), None)


def _is_of(word: str, preset: Preset) -> bool:
    if word in preset.hosts or word in preset.domains:
        return True
    return any(word.endswith(item) for item in preset.domains if item.startswith("."))

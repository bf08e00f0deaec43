"""What the scripted server offers, apart from what it is told to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.fakes.smtp_certificates import Certificate


class Early(StrEnum):
    """What becomes of commands that came together with the end of a content."""

    TAKEN = "taken"
    LOST = "lost"
    """Thrown away unread, as by servers that empty their buffer after each mail."""
    REFUSED = "refused"
    """Answered 503, and the connection ends."""


@dataclass(frozen=True, slots=True)
class Features:
    """The extensions and the manner of a server; `dataclasses.replace` makes variants."""

    hostname: str = "fake.example"
    banner: str = "220 fake.example ESMTP ready"
    has_ehlo: bool = True
    """False: EHLO is answered 502, HELO works."""
    pipelining: bool = True
    """When off, commands that were sent together are refused with 503."""
    chunking: bool = False
    """CHUNKING is offered, for BDAT (RFC 3030)."""
    knows_bdat: bool = True
    """When off, BDAT is answered 502 and what follows it is taken for commands."""
    early: Early = Early.TAKEN
    mails_per_connection: int | None = None
    """After so many transactions with content MAIL is answered 421."""
    size: int | None = 35_882_577
    eightbit: bool = True
    smtputf8: bool = True
    starttls: bool = False
    implicit_tls: bool = False
    certificate: Certificate = Certificate.GOOD
    users: Mapping[str, str] = field(default_factory=dict)
    """Names and passwords; AUTH is offered when there is one."""
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN", "CRAM-MD5")
    needs_login: bool = True
    """With users: MAIL before the login is answered 530."""
    login_needs_tls: bool = False
    """AUTH is offered only after TLS and answered 538 before."""
    extra: tuple[str, ...] = ()
    """More lines of the EHLO answer."""
    latency_s: float = 0.0
    """Added to every reply, once for replies that go out together."""

    def offered(self, *, has_tls: bool) -> list[str]:
        """The lines of the EHLO answer after the first."""
        named = {
            "PIPELINING": self.pipelining,
            "CHUNKING": self.chunking,
            f"SIZE {self.size}": self.size is not None,
            "8BITMIME": self.eightbit,
            "SMTPUTF8": self.smtputf8,
            "STARTTLS": self.starttls and not has_tls,
            f"AUTH {' '.join(self.mechanisms)}": self.offers_login(has_tls=has_tls),
            "ENHANCEDSTATUSCODES": True,
        }
        return [line for line, is_on in named.items() if is_on] + list(self.extra)

    def offers_login(self, *, has_tls: bool) -> bool:
        """Whether AUTH is offered now."""
        return bool(self.users) and (has_tls or not self.login_needs_tls)

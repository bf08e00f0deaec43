"""What every driver offers: a description for forms, a connection that sends, and a live test.

A driver never raises for what the other side did; it returns an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from panel.domain.body import Body
from panel.domain.connection_test import ConnectionTest, Step
from panel.domain.outcome import Outcome
from panel.domain.provider import Encryption
from panel.drivers.egress import EgressPolicy


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds granted to each phase (RFC 5321 section 4.5.3.2 for the defaults of a sender)."""

    connect_s: float = 30.0
    command_s: float = 120.0
    body_s: float = 180.0
    final_s: float = 600.0
    quit_s: float = 2.0
    test_s: float = 10.0
    """For a whole live test, from the first step to the last."""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything a driver needs to reach one provider. `secret` is the clear password or key."""

    driver: str
    host: str
    port: int
    encryption: Encryption
    verify_certificate: bool
    username: str
    secret: str = field(repr=False)
    egress: EgressPolicy
    timeouts: Timeouts = Timeouts()
    client_name: str = "localhost"
    """The name given in EHLO."""
    settings: tuple[tuple[str, str], ...] = ()
    """What the driver declares beyond that, by name."""

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection is to be encrypted."""
        return self.encryption is not Encryption.NONE

    def setting(self, name: str) -> str:
        """A setting of the driver's own; empty when it is not set."""
        return dict(self.settings).get(name, "")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for some recipients, ready for the wire.

    `header` and `body` are octets with CRLF line ends; `header` ends with its last field's CRLF,
    the empty line between them is added by the driver.
    """

    reverse_path: str
    recipients: tuple[str, ...]
    header: bytes
    body: Body
    is_watched: bool = False
    """What is said is to be told even if it is taken, as it was not before."""

    def whole(self) -> bytes:
        """The mail at once and in memory, for APIs that take no portions."""
        return b"\r\n".join((self.header, self.body[:]))

    @property
    def size(self) -> int:
        """Octets of the message as counted by SIZE (RFC 1870)."""
        return len(self.header) + 2 + len(self.body)


Gate = Callable[[], Awaitable[bool]]
"""Awaited when all is ready for the final dot. True: hand over. False: the worker lost the
delivery; nothing may be handed over any more."""

Upcoming = Callable[[], Parcel | None]
"""Asked at most once, at the moment the end of the content is written: the parcel that will be
sent next over the same connection, or None. Its envelope may then go out in the same write, which
`Connection.announced` tells; its gate is asked by the `send` of it, and nothing of it counts as
handed over before. Not asked where the content did not get out or nothing can be announced."""


def nobody() -> None:
    """Nothing is known to be sent next."""


class Connection(Protocol):
    """An open way to a provider; used for one parcel at a time, reused while `is_usable`."""

    @property
    def is_usable(self) -> bool:
        """Whether another parcel may be sent over it."""
        ...

    @property
    def announced(self) -> Parcel | None:
        """What was announced and not yet sent: the next `send` must be of this very object.

        Who changes their mind closes the connection; nothing of it was handed over. When the
        connection broke meanwhile, the `send` of it tells what that means for it, mostly that it
        is to be sent again over another one.
        """
        ...

    @property
    def largest_size(self) -> int | None:
        """Octets of the largest message that the provider says it takes; None when it does not."""
        ...

    @property
    def certificate_ends_at(self) -> datetime | None:
        """When the certificate ends that the provider showed; None where there is none to read."""
        ...

    async def send(
        self, parcel: Parcel, gate: Gate, upcoming: Upcoming = nobody
    ) -> tuple[Outcome, ...]:
        """One outcome per recipient of the parcel, in their order.

        ValueError when another parcel was announced.
        """
        ...

    async def close(self) -> None:
        """Says goodbye within `quit_s`; never raises."""
        ...


class Driver(Protocol):
    """How to speak to one kind of provider."""

    async def connect(self, account: Account) -> Connection | Outcome:
        """Opens and logs in; an `Outcome` when that did not succeed."""
        ...

    async def test(self, account: Account, report: Callable[[Step], None]) -> ConnectionTest:
        """Tries the connection without sending; calls `report` as each step ends."""
        ...

"""An open, logged-in SMTP connection that sends parcels one after another."""

from __future__ import annotations

from datetime import datetime

from panel.domain.outcome import Outcome
from panel.drivers.contract import Gate, Parcel, Upcoming, nobody
from panel.drivers.smtp.conversation import Conversation
from panel.drivers.smtp.minutes import Minutes
from panel.drivers.smtp.transaction import Announcement, announcement, transaction
from panel.drivers.smtp.wire import Wire
from panel.drivers.tls import certificate_end


class SmtpConnection:
    """Implements `panel.drivers.contract.Connection` over a wire whose session is open."""

    def __init__(self, wire: Wire, *, quit_s: float) -> None:
        """`quit_s`: how long a goodbye may take."""
        self._wire = wire
        self._quit_s = quit_s
        self._upcoming: Upcoming = nobody
        self._announced: Announcement | None = None
        self._opening = wire.session.said
        """What was said before the first mail."""
        self._carried = 0

    @property
    def is_usable(self) -> bool:
        """Whether another parcel may be sent over it."""
        return self._wire.session.is_idle and self._wire.is_open

    @property
    def announced(self) -> Parcel | None:
        """What was announced and not yet sent."""
        return self._announced.parcel if self._announced is not None else None

    @property
    def largest_size(self) -> int | None:
        """The SIZE that the server named (RFC 1870), in octets."""
        return self._wire.session.extensions.size_limit

    @property
    def certificate_ends_at(self) -> datetime | None:
        """When the server's certificate ends; None in clear text."""
        return certificate_end(self._wire.transport)

    async def send(
        self, parcel: Parcel, gate: Gate, upcoming: Upcoming = nobody
    ) -> tuple[Outcome, ...]:
        """One outcome per recipient of the parcel, in their order.

        What breaks the connection closes it; without the final dot nothing was handed over.
        """
        session = self._wire.session
        conversation = self._conversation(parcel)
        self._upcoming = upcoming
        said = session.said
        earlier, self._carried = self._carried, self._carried + 1
        outcomes = await self._wire.run(conversation, gate)
        if session.trouble is not None:
            self._wire.abort()
        if parcel.is_watched or not all(outcome.is_sent for outcome in outcomes):
            minutes = Minutes(self._opening, earlier, said)
            return minutes.on(parcel, outcomes)
        return outcomes

    async def close(self) -> None:
        """Says goodbye within `quit_s`; never raises.

        A server that may be waiting for the content of an announced mail after a DATA hears
        nothing: every word would be taken for content.
        """
        may_speak = self._announced is None or self._wire.session.has_sent_chunks
        if self.is_usable and may_speak:
            await self._wire.part(self._quit_s)
        else:
            self._wire.abort()

    def _conversation(self, parcel: Parcel) -> Conversation[tuple[Outcome, ...]]:
        announced, self._announced = self._announced, None
        if announced is None:
            self._wire.session.said = []
            return transaction(self._wire.session, parcel, self._announce)
        if announced.parcel is not parcel:
            self._wire.abort()
            raise ValueError("Another parcel was announced over this connection.")
        return announced.conversation

    def _announce(self) -> bytes:
        """The commands of the mail that comes next, where they may go out already."""
        if self._upcoming is nobody or not self._wire.session.may_announce:
            return b""
        parcel = self._upcoming()
        if parcel is None:
            return b""
        made = announcement(self._wire.session, parcel, self._announce)
        if made is None:
            return b""
        self._announced = made
        self._wire.session.line_up(made.conversation)
        return made.commands

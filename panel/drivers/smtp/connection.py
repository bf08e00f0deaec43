"""An open, logged-in SMTP connection that sends parcels one after another."""

from __future__ import annotations

from panel.domain.outcome import Outcome
from panel.drivers.contract import Gate, Parcel, Upcoming, nobody
from panel.drivers.smtp.transaction import transaction
from panel.drivers.smtp.wire import Wire


class SmtpConnection:
    """Implements `panel.drivers.contract.Connection` over a wire whose session is open."""

    def __init__(self, wire: Wire, *, quit_s: float) -> None:
        """`quit_s`: how long a goodbye may take."""
        self._wire = wire
        self._quit_s = quit_s

    @property
    def is_usable(self) -> bool:
        """Whether another parcel may be sent over it."""
        return self._wire.session.is_idle and self._wire.is_open

    @property
    def announced(self) -> Parcel | None:
        """What was announced and not yet sent."""
        return None

    @property
    def largest_size(self) -> int | None:
        """The SIZE that the server named (RFC 1870), in octets."""
        return self._wire.session.extensions.size_limit

    async def send(
        self, parcel: Parcel, gate: Gate, upcoming: Upcoming = nobody
    ) -> tuple[Outcome, ...]:
        """One outcome per recipient of the parcel, in their order.

        What breaks the connection closes it; without the final dot nothing was handed over.
        """
        del upcoming
        outcomes = await self._wire.run(transaction(self._wire.session, parcel), gate)
        if self._wire.session.trouble is not None:
            self._wire.abort()
        return outcomes

    async def close(self) -> None:
        """Says goodbye within `quit_s`; never raises."""
        if self.is_usable:
            await self._wire.part(self._quit_s)
        else:
            self._wire.abort()

"""The SMTP driver: opens connections for the sender and tries them for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from panel.domain.connection_test import ConnectionTest, Step
from panel.domain.outcome import Outcome, Stage
from panel.domain.provider import Encryption
from panel.drivers.contract import Account, Connection
from panel.drivers.dialler import dial, find_route
from panel.drivers.resolver import Resolver, system_resolver
from panel.drivers.smtp.connection import SmtpConnection
from panel.drivers.smtp.habits import Habits
from panel.drivers.smtp.ledger import judge
from panel.drivers.smtp.live_test import LiveTest
from panel.drivers.smtp.minutes import with_transcript
from panel.drivers.smtp.opening import OPENING
from panel.drivers.smtp.session import Session
from panel.drivers.smtp.wire import Wire
from panel.drivers.tls import TlsTerms, TrustStore
from panel.drivers.trouble import Trouble


class SmtpDriver:
    """Implements `panel.drivers.contract.Driver`; one object serves all accounts."""

    def __init__(
        self, *, resolver: Resolver = system_resolver, trust: TrustStore | None = None
    ) -> None:
        """`trust` stands in for the system's certificate authorities."""
        self._resolver = resolver
        self._trust = trust or TrustStore()
        self._habits: defaultdict[tuple[str, int], Habits] = defaultdict(Habits)

    async def connect(self, account: Account) -> Connection | Outcome:
        """Opens and logs in; an `Outcome` when that did not succeed."""
        wire = await self._open(account)
        if isinstance(wire, Outcome):
            return wire
        return SmtpConnection(wire, quit_s=account.timeouts.quit_s)

    async def test(self, account: Account, report: Callable[[Step], None]) -> ConnectionTest:
        """Tries the connection without sending, within `timeouts.test_s`; see `LiveTest`."""
        return await LiveTest(account, report, resolver=self._resolver, trust=self._trust).run()

    async def _open(self, account: Account) -> Wire | Outcome:
        connect_s = account.timeouts.connect_s
        route = await find_route(
            account.host,
            account.port,
            egress=account.egress,
            timeout_s=connect_s,
            resolver=self._resolver,
        )
        if isinstance(route, Trouble):
            return judge(route)
        terms = TlsTerms(route.host, self._trust, account.verify_certificate)
        session = Session(habits=self._habits[route.host, route.port])
        wire = Wire(session, account.timeouts, terms)
        transport = await dial(route, wire, timeout_s=connect_s)
        if isinstance(transport, Trouble):
            return judge(transport)
        trouble = await _open_session(wire, account)
        if trouble is None:
            return wire
        await _leave(wire, account)
        return with_transcript(judge(trouble), session.said)


async def _open_session(wire: Wire, account: Account) -> Trouble | None:
    """Everything from TLS to the login."""
    if account.encryption is Encryption.SSL:
        trouble = await wire.secure(Stage.TLS)
        if trouble is not None:
            return trouble
    for step in OPENING:
        if step.reason_to_skip(account):
            continue
        passed = await wire.run(step.run(wire.session, account))
        if isinstance(passed, Trouble):
            return passed
    return None


async def _leave(wire: Wire, account: Account) -> None:
    """A refused client says goodbye as well (RFC 5321 section 3.1); a stalled server gets none."""
    if wire.session.trouble is None:
        await wire.part(account.timeouts.quit_s)
    else:
        wire.abort()

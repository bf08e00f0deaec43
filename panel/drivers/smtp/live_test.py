"""The live connection test: the opening of a connection, each step shown the moment it ends.

It runs the very conversations that the sender runs, under one deadline for all of them, sends no
mail, and says QUIT whatever happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from panel.domain.connection_test import (
    AuthDetails,
    ConnectionFault,
    ConnectionParameters,
    ConnectionTest,
    Step,
    StepStatus,
    TlsDetails,
)
from panel.domain.outcome import Fault, Stage
from panel.domain.provider import Encryption
from panel.drivers.contract import Account
from panel.drivers.dialler import Route, dial, find_route
from panel.drivers.resolver import Resolver
from panel.drivers.smtp.ledger import judge
from panel.drivers.smtp.minutes import spoken
from panel.drivers.smtp.opening import OPENING, Passed
from panel.drivers.smtp.session import Said, Session
from panel.drivers.smtp.wire import Wire
from panel.drivers.step_log import StepLog
from panel.drivers.tls import TlsTerms, TrustStore, describe
from panel.drivers.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Stumble:
    """The step that failed, and why."""

    step: str
    trouble: Trouble


class LiveTest:
    """One test of one account; `run` is called once."""

    def __init__(
        self,
        account: Account,
        report: Callable[[Step], None],
        *,
        resolver: Resolver,
        trust: TrustStore,
    ) -> None:
        """`report` is called within `run`, from the event loop's thread."""
        self._account = account
        self._resolver = resolver
        self._trust = trust
        self._log = StepLog(report)
        self._said: list[Said] = []
        self._wire: Wire | None = None
        self._tls: TlsDetails | None = None
        self._extensions: dict[str, None] = {}
        self._distrust: Stumble | None = None
        self._ends_at = asyncio.get_running_loop().time() + account.timeouts.test_s

    async def run(self) -> ConnectionTest:
        """Ends within `timeouts.test_s`."""
        try:
            await self._try_out()
            self._skip_the_rest()
            await self._part()
        finally:
            if self._wire is not None:
                self._wire.abort()
        return self._result()

    async def _try_out(self) -> None:
        route = await find_route(
            self._account.host,
            self._account.port,
            egress=self._account.egress,
            timeout_s=self._left_s,
            resolver=self._resolver,
        )
        if isinstance(route, Trouble):
            self._log.fail("resolve", route)
            return
        self._log.end("resolve", StepStatus.OK, detail=", ".join(route.addresses))
        stumble = await self._walk(route, is_verified=True)
        if stumble is not None and stumble.trouble.fault is Fault.CERTIFICATE:
            stumble = await self._walk_distrusting(route, stumble)
        if stumble is not None:
            self._log.fail(stumble.step, stumble.trouble)

    async def _walk_distrusting(self, route: Route, stumble: Stumble) -> Stumble | None:
        """Goes again without verification: a failed handshake leaves neither a connection nor a
        certificate to show. Where verification is on, only to see the certificate.
        """
        self._distrust = stumble
        if self._account.verify_certificate:
            await self._walk(route, is_verified=False, last_step=stumble.step)
            return stumble
        again = await self._walk(route, is_verified=False)
        if again is not None and self._log.has(again.step):
            return Stumble(stumble.step, again.trouble)
        return again

    async def _walk(
        self, route: Route, *, is_verified: bool, last_step: str = ""
    ) -> Stumble | None:
        """Connects and takes each step up to `last_step`; the first that fails."""
        terms = TlsTerms(route.host, self._trust, is_verified)
        wire = Wire(Session(), self._account.timeouts, terms)
        wire.session.said = self._said
        self._wire = wire
        wire.deadline.ends_at = self._ends_at
        transport = await dial(route, wire, timeout_s=self._left_s)
        if isinstance(transport, Trouble):
            return Stumble("connect", transport)
        address = str(transport.get_extra_info("peername")[0])
        self._pass("connect", Passed(f"{address} port {route.port}"))
        if self._account.encryption is Encryption.SSL:
            trouble = await wire.secure(Stage.TLS)
            if trouble is not None:
                return Stumble("tls", trouble)
            self._pass_tls("tls", Passed(), is_verified=is_verified)
            if last_step == "tls":
                return None
        return await self._converse(wire, is_verified=is_verified, last_step=last_step)

    async def _converse(self, wire: Wire, *, is_verified: bool, last_step: str) -> Stumble | None:
        for step in OPENING:
            reason = step.reason_to_skip(self._account)
            if reason:
                self._skip(step.name, reason)
                continue
            result = await wire.run(step.run(wire.session, self._account))
            self._extensions |= dict.fromkeys(wire.session.extensions.lines)
            if isinstance(result, Trouble):
                return Stumble(step.name, result)
            if step.name == "starttls":
                self._pass_tls(step.name, result, is_verified=is_verified)
            else:
                self._pass(step.name, result)
            if step.name == last_step:
                return None
        return None

    def _pass_tls(self, name: str, passed: Passed, *, is_verified: bool) -> None:
        """With verification switched off, what is wrong with the certificate is a warning."""
        if self._wire is not None and self._wire.transport is not None:
            self._tls = describe(self._wire.transport, is_trusted=is_verified)
        distrust = self._distrust
        if distrust is None:
            version = self._tls.version if self._tls else ""
            self._pass(name, Passed(version, passed.reply))
        elif not self._account.verify_certificate:
            detail = distrust.trouble.detail
            self._log.end(name, StepStatus.WARNING, detail=detail, reply=passed.reply)

    def _pass(self, name: str, passed: Passed) -> None:
        """Steps that are taken a second time were shown before."""
        if not self._log.has(name):
            self._log.end(name, StepStatus.OK, detail=passed.detail, reply=passed.reply)

    def _skip(self, name: str, reason: str) -> None:
        if not self._log.has(name):
            self._log.end(name, StepStatus.SKIPPED, detail=reason)

    def _skip_the_rest(self) -> None:
        is_ssl = self._account.encryption is Encryption.SSL
        for name in ("connect", *(("tls",) if is_ssl else ()), *(step.name for step in OPENING)):
            self._skip(name, "Not reached")

    async def _part(self) -> None:
        if self._wire is None or not self._wire.is_open:
            self._log.end("quit", StepStatus.SKIPPED, detail="No connection")
            return
        answer = await self._wire.part(min(self._account.timeouts.quit_s, self._left_s))
        if answer is None:
            self._log.end("quit", StepStatus.WARNING, detail="QUIT was sent, no answer came")
        else:
            self._log.end("quit", StepStatus.OK, reply=answer)

    @property
    def _left_s(self) -> float:
        return max(0.0, self._ends_at - asyncio.get_running_loop().time())

    def _result(self) -> ConnectionTest:
        account, log = self._account, self._log
        mechanism = self._wire.session.mechanism if self._wire else ""
        return ConnectionTest(
            ok=log.trouble is None,
            connection=ConnectionParameters(
                host=account.host,
                port=account.port,
                security=account.encryption.value,
                username=account.username,
                timeout_s=account.timeouts.test_s,
            ),
            steps=tuple(log.steps),
            extensions=tuple(self._extensions),
            tls=self._tls,
            auth=AuthDetails(mechanism, log.trouble is None) if mechanism else None,
            error=_fault(log.failed_step, log.trouble) if log.trouble else None,
            transcript=spoken(self._said),
        )


def _fault(step: str, trouble: Trouble) -> ConnectionFault:
    return ConnectionFault(
        step=step,
        rule=judge(trouble).rule,
        reply=str(trouble.reply) if trouble.reply else "",
        detail=trouble.detail,
    )

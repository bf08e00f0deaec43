"""The live test of a mail API: the way there, and what it can be asked without sending.

Each step is shown the moment it ends; all of them share one deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

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
from panel.domain.smtp_outcomes import classify
from panel.drivers.contract import Account
from panel.drivers.dialler import Route
from panel.drivers.http.client import HttpClient, encrypt, find, open_pipe
from panel.drivers.http.exchange import Answer, Request
from panel.drivers.http.masking import masked
from panel.drivers.http.pipe import Pipe
from panel.drivers.http.vendor import Check, Finding, Vendor
from panel.drivers.http.verdict import Judge
from panel.drivers.resolver import Resolver
from panel.drivers.step_log import StepLog
from panel.drivers.tls import TlsTerms, TrustStore, describe
from panel.drivers.transcript import Transcript
from panel.drivers.trouble import Trouble

_LONGEST_SHOWN = 300


class ApiTest:
    """One test of one account; `run` is called once."""

    def __init__(
        self, vendor: Vendor, account: Account, report: Callable[[Step], None], *, prefix: str
    ) -> None:
        """`report` is called within `run`, from the event loop's thread."""
        self._vendor = vendor
        self._account = account
        self._prefix = prefix
        self._secrets = vendor.secrets(account)
        self._judge = Judge(vendor, self._secrets)
        self._log = StepLog(report)
        self._transcript = Transcript()
        self._tls: TlsDetails | None = None
        self._fault: ConnectionFault | None = None
        self._logged_in: bool | None = None
        self._ends_at = asyncio.get_running_loop().time() + account.timeouts.test_s

    async def run(self, *, resolver: Resolver, trust: TrustStore) -> ConnectionTest:
        """Ends within `timeouts.test_s`."""
        client = await self._reach(resolver, trust)
        if client is not None:
            try:
                await self._ask_all(client)
            finally:
                await client.close()
        self._skip_the_rest()
        return self._result()

    async def _reach(self, resolver: Resolver, trust: TrustStore) -> HttpClient | None:
        route = await find(self._account, resolver, timeout_s=self._left_s)
        if isinstance(route, Trouble):
            self._fail("resolve", route)
            return None
        self._log.end("resolve", StepStatus.OK, detail=", ".join(route.addresses))
        pipe = await open_pipe(route, timeout_s=self._left_s)
        if isinstance(pipe, Trouble):
            self._fail("connect", pipe)
            return None
        address = str(pipe.get_extra_info("peername")[0])
        self._log.end("connect", StepStatus.OK, detail=f"{address} port {route.port}")
        if not self._account.is_encrypted:
            return HttpClient(pipe, self._account)
        return await self._secure(pipe, route, trust)

    async def _secure(self, pipe: Pipe, route: Route, trust: TrustStore) -> HttpClient | None:
        """With verification switched off, what is wrong with the certificate is a warning."""
        terms = TlsTerms(route.host, trust, is_verified=True)
        trouble = await encrypt(pipe, terms, timeout_s=self._left_s)
        if trouble is None:
            self._describe(pipe, is_trusted=True)
            self._log.end("tls", StepStatus.OK, detail=self._tls.version if self._tls else "")
            return HttpClient(pipe, self._account)
        if trouble.fault is not Fault.CERTIFICATE:
            self._fail("tls", trouble)
            return None
        again = await self._distrusting(route, trust)
        if self._account.verify_certificate or again is None:
            if again is not None:
                again.abort()
            self._fail("tls", trouble)
            return None
        self._log.end("tls", StepStatus.WARNING, detail=trouble.detail)
        return HttpClient(again, self._account)

    async def _distrusting(self, route: Route, trust: TrustStore) -> Pipe | None:
        """A second connection, by which the certificate can be shown; nothing is said over it."""
        pipe = await open_pipe(route, timeout_s=self._left_s)
        if isinstance(pipe, Trouble):
            return None
        terms = TlsTerms(route.host, trust, is_verified=False)
        if await encrypt(pipe, terms, timeout_s=self._left_s) is not None:
            return None
        self._describe(pipe, is_trusted=False)
        return pipe

    async def _ask_all(self, client: HttpClient) -> None:
        for check, request in self._questions():
            now = datetime.now(UTC)
            asked = self._vendor.ready(request, self._account, prefix=self._prefix, at=now)
            self._note("C", f"{asked.method} {asked.path}")
            told = await client.exchange(asked, answer_s=self._left_s)
            if isinstance(told, Trouble):
                self._fail(check.name, told)
                return
            self._note("S", f"{told.status} {told.phrase} ({client.protocol})")
            self._note("S", told.body[:_LONGEST_SHOWN].decode("utf-8", "replace"))
            if not self._passes(check, told):
                return

    def _questions(self) -> Iterator[tuple[Check, Request]]:
        for check in self._vendor.checks:
            request = check.ask(self._account)
            if request is None:
                self._log.end(check.name, StepStatus.SKIPPED, detail="Not set")
            else:
                yield check, request

    def _passes(self, check: Check, answer: Answer) -> bool:
        finding = check.find(answer, self._account) or self._usual(answer)
        detail = masked(finding.detail, self._secrets)
        self._log.end(check.name, finding.status, detail=detail)
        is_passed = finding.status is not StepStatus.FAILED
        if check is self._vendor.checks[0]:
            self._logged_in = is_passed
        if not is_passed:
            reply = str(self._judge.reply(answer, self._vendor.read(answer, ())))
            self._fault = ConnectionFault(check.name, finding.rule, reply=reply, detail=detail)
        return is_passed

    def _usual(self, answer: Answer) -> Finding:
        """What the answer would mean if a mail had been sent."""
        said = self._vendor.read(answer, ())
        row = self._judge.row(answer, said)
        if row is None:
            return Finding(StepStatus.FAILED, f"Status {answer.status}", "protocol_error")
        is_fine = answer.status < 300
        detail = "" if is_fine else str(self._judge.reply(answer, said))
        return Finding(StepStatus.OK if is_fine else StepStatus.FAILED, detail, row.name)

    def _fail(self, name: str, trouble: Trouble) -> None:
        detail = masked(trouble.detail, self._secrets)
        self._log.end(name, StepStatus.FAILED, detail=detail)
        stage = Stage.BODY if trouble.stage is Stage.FINAL else trouble.stage
        rule = classify(stage, trouble.fault, detail=detail).rule
        self._fault = ConnectionFault(name, rule, detail=detail)

    def _describe(self, pipe: Pipe, *, is_trusted: bool) -> None:
        if pipe.transport is not None:
            self._tls = describe(pipe.transport, is_trusted=is_trusted)

    def _note(self, who: str, text: str) -> None:
        self._transcript.note(who, masked(text, self._secrets))

    def _skip_the_rest(self) -> None:
        tls = ("tls",) if self._account.is_encrypted else ()
        for name in ("connect", *tls, *(check.name for check in self._vendor.checks)):
            if not self._log.has(name):
                self._log.end(name, StepStatus.SKIPPED, detail="Not reached")

    @property
    def _left_s(self) -> float:
        return max(0.0, self._ends_at - asyncio.get_running_loop().time())

    def _result(self) -> ConnectionTest:
        account = self._account
        logged_in = self._logged_in
        return ConnectionTest(
            ok=self._fault is None,
            connection=ConnectionParameters(
                host=account.host,
                port=account.port,
                security=account.encryption.value,
                username=account.username,
                timeout_s=account.timeouts.test_s,
            ),
            steps=tuple(self._log.steps),
            tls=self._tls,
            auth=AuthDetails("API key", logged_in) if logged_in is not None else None,
            error=self._fault,
            transcript=self._transcript.lines,
        )

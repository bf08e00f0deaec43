"""One connection to a mail API: dialled and secured by our own hands, spoken by the HTTP library.

It follows no redirect, uses no proxy, keeps no cookie and unpacks nothing. An exchange is a value:
the answer, or a trouble with the stage that tells whether the request may have arrived whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace

import h2.exceptions
import httpcore2

from panel.domain.outcome import Fault, Stage
from panel.drivers.contract import Account, Gate
from panel.drivers.dialler import Route, dial, find_route
from panel.drivers.http.exchange import LARGEST_ANSWER, Answer, Request
from panel.drivers.http.pipe import Pipe
from panel.drivers.resolver import Resolver
from panel.drivers.tls import TlsTerms, TrustStore, secure
from panel.drivers.trouble import Trouble

PROTOCOLS = ("h2", "http/1.1")
_PORTION = 64 * 1024
_CLOSED = "The server closed the connection"
_BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, h2.exceptions.ProtocolError, OSError)


class _NotOurs(Exception):
    """The gate did not open."""


@dataclass(slots=True)
class _Progress:
    is_handed_over: bool = False
    answer: Answer | None = None
    """What is known of it: first its status, in the end all of it."""


async def always() -> bool:
    """The gate of a request that hands nothing over."""
    return True


async def connect(
    account: Account, route: Route, trust: TrustStore, *, timeout_s: float
) -> HttpClient | Trouble:
    """Opens a connection to a route that was found and allowed, with TLS unless it has none."""
    pipe = await open_pipe(route, timeout_s=timeout_s)
    if isinstance(pipe, Trouble):
        return pipe
    if account.is_encrypted:
        terms = TlsTerms(route.host, trust, account.verify_certificate)
        trouble = await encrypt(pipe, terms, timeout_s=timeout_s)
        if trouble is not None:
            return trouble
    return HttpClient(pipe, account)


async def open_pipe(route: Route, *, timeout_s: float) -> Pipe | Trouble:
    """A connection in clear text."""
    pipe = Pipe()
    transport = await dial(route, pipe, timeout_s=timeout_s)
    return transport if isinstance(transport, Trouble) else pipe


async def encrypt(pipe: Pipe, terms: TlsTerms, *, timeout_s: float) -> Trouble | None:
    """Shakes hands; None when that succeeded."""
    if pipe.transport is None:
        return Trouble(Stage.TLS, Fault.LOST, _CLOSED)
    secured = await secure(pipe.transport, pipe, terms, stage=Stage.TLS, timeout_s=timeout_s)
    if isinstance(secured, Trouble):
        return secured
    pipe.transport = secured
    return None


async def find(account: Account, resolver: Resolver, *, timeout_s: float) -> Route | Trouble:
    """The checked way to the account's host."""
    return await find_route(
        account.host,
        account.port,
        egress=account.egress,
        timeout_s=timeout_s,
        resolver=resolver,
    )


class HttpClient:
    """Sends one request after the other over its connection."""

    def __init__(self, pipe: Pipe, account: Account) -> None:
        """`pipe` is connected, and secured where that is wanted."""
        self._pipe = pipe
        scheme = b"https" if account.is_encrypted else b"http"
        self._origin = httpcore2.Origin(scheme, account.host.encode("ascii"), account.port)
        self._host = host_field(account)
        self._carried = 0
        self._is_used = False
        self._timeouts = account.timeouts
        secured = pipe.get_extra_info("ssl_object")
        speaks = secured.selected_alpn_protocol() if secured is not None else None
        kind = httpcore2.AsyncHTTP2Connection if speaks == "h2" else httpcore2.AsyncHTTP11Connection
        self._connection = kind(self._origin, pipe)
        self.protocol = "HTTP/2" if speaks == "h2" else "HTTP/1.1"

    @property
    def is_usable(self) -> bool:
        """Whether another request may be sent over it."""
        is_fit = self._connection.is_idle() and not self._connection.has_expired()
        return self._pipe.is_open and (is_fit or not self._is_used)

    @property
    def is_reused(self) -> bool:
        """Whether it has carried a whole exchange before."""
        return self._carried > 0

    @property
    def transport(self) -> asyncio.Transport | None:
        """What lies beneath, to be described."""
        return self._pipe.transport

    async def exchange(
        self, request: Request, gate: Gate = always, *, answer_s: float | None = None
    ) -> Answer | Trouble:
        """Sends the request and reads the answer.

        `gate` is awaited before the last bytes go out. The stage of a trouble is MAIL where a used
        connection was found closed, BODY before the last bytes, FINAL after them. The answer has
        `answer_s` seconds in all, else `timeouts.final_s`.
        """
        progress = _Progress()
        self._is_used = True
        final_s = self._timeouts.final_s if answer_s is None else answer_s
        try:
            async with asyncio.timeout(self._timeouts.body_s) as limit:
                content = self._content(request.body, gate, progress, limit, final_s)
                answer = await self._ask(request, content, progress)
        except TimeoutError:
            trouble = self._trouble(progress, Fault.TIMEOUT, "No answer in time")
            return progress.answer or trouble
        except _NotOurs:
            self._pipe.abort()
            return Trouble(Stage.BODY, Fault.LEASE_LOST, "Another worker holds the delivery")
        except (httpcore2.RemoteProtocolError, h2.exceptions.ProtocolError) as error:
            is_silence = not self._pipe.is_open and "disconnect" in str(error)
            fault = Fault.LOST if is_silence else Fault.PROTOCOL
            return self._trouble(progress, fault, str(error)[:200])
        except _BROKEN as error:
            return self._trouble(progress, Fault.LOST, str(error)[:200] or "The connection broke")
        except BaseException:
            self._pipe.abort()
            raise
        self._carried += 1
        return answer

    async def close(self) -> None:
        """Never raises."""
        with suppress(Exception):
            await self._connection.aclose()
        self._pipe.abort()

    async def _ask(
        self, request: Request, content: AsyncIterator[bytes], progress: _Progress
    ) -> Answer:
        length = len(request.body)
        headers = [("Host", self._host), ("User-Agent", "Postroom"), ("Accept", "application/json")]
        headers += [("Accept-Encoding", "identity"), *request.headers]
        if length or request.method != "GET":
            headers.append(("Content-Length", str(length)))
        sent = httpcore2.Request(
            request.method,
            httpcore2.URL(
                scheme=self._origin.scheme,
                host=self._origin.host,
                port=self._origin.port,
                target=request.path.encode("ascii"),
            ),
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
            content=content,
        )
        response = await self._connection.handle_async_request(sent)
        return await self._read(response, progress)

    async def _content(
        self,
        body: bytes,
        gate: Gate,
        progress: _Progress,
        limit: asyncio.Timeout,
        final_s: float,
    ) -> AsyncIterator[bytes]:
        """All but the last byte, then the gate, then that one."""
        for at in range(0, max(len(body) - 1, 0), _PORTION):
            yield body[at : min(at + _PORTION, len(body) - 1)]
        limit.reschedule(None)
        if not self._pipe.is_open:
            # The library then reads what a server said before it hung up.
            raise httpcore2.WriteError(_CLOSED)
        if not await gate():
            raise _NotOurs
        if not self._pipe.is_open:
            raise httpcore2.WriteError(_CLOSED)
        limit.reschedule(asyncio.get_running_loop().time() + final_s)
        progress.is_handed_over = True
        if body:
            yield body[-1:]

    async def _read(self, response: httpcore2.Response, progress: _Progress) -> Answer:
        """What breaks or is too long after the status leaves the status: it decides alone then."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        known = progress.answer = Answer(response.status, headers, is_whole=False)
        body = bytearray()
        with suppress(*_BROKEN):
            async for part in response.aiter_stream():
                body += part
                if len(body) > LARGEST_ANSWER:
                    break
            else:
                await response.aclose()
                return replace(known, body=bytes(body), is_whole=True)
        self._pipe.abort()
        return replace(known, body=bytes(body[:LARGEST_ANSWER]))

    def _trouble(self, progress: _Progress, fault: Fault, detail: str) -> Trouble:
        self._pipe.abort()
        if progress.is_handed_over:
            return Trouble(Stage.FINAL, fault, detail)
        is_stale = fault is Fault.LOST and self.is_reused
        return Trouble(Stage.MAIL if is_stale else Stage.BODY, fault, detail)


def host_field(account: Account) -> str:
    """The Host field of every request to the account's place (RFC 9110 section 7.2)."""
    host = f"[{account.host}]" if ":" in account.host else account.host
    usual = 443 if account.is_encrypted else 80
    return host if account.port == usual else f"{host}:{account.port}"

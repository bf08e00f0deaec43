"""The dialler reaches only addresses that were checked, and tells every failure as a value."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from panel.domain.outcome import Fault, Stage
from panel.drivers.dialler import Route, dial, find_route
from panel.drivers.egress import EgressPolicy
from panel.drivers.resolver import Resolver
from panel.drivers.trouble import Trouble
from tests.fakes.smtp_server import SmtpServer
from tests.kit.ports import free_port

LOOPBACK = EgressPolicy.parse("loopback")
ANY = EgressPolicy.parse("public,private,loopback")


def knows(*addresses: str) -> Resolver:
    """A resolver that answers with these addresses."""

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return addresses

    return resolve


def fails(error: OSError) -> Resolver:
    """A resolver that raises."""

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        raise error

    return resolve


def route_to(host: str, resolver: Resolver, egress: EgressPolicy = ANY) -> Route | Trouble:
    return asyncio.run(find_route(host, 25, egress=egress, timeout_s=5, resolver=resolver))


def call(route: Route, then: Callable[[asyncio.Transport], object] | None = None) -> object:
    """Dials and closes; what `then` says of the open transport, or the trouble."""

    async def run() -> object:
        transport = await dial(route, asyncio.Protocol(), timeout_s=5)
        if isinstance(transport, Trouble):
            return transport
        try:
            return then(transport) if then else None
        finally:
            transport.abort()

    return asyncio.run(run())


def peer(transport: asyncio.Transport) -> object:
    return transport.get_extra_info("peername")[0]


def test_route_has_the_addresses_in_the_resolvers_order():
    route = route_to("smtp.example.net", knows("2606:4700::1111", "1.1.1.1"))

    assert route == Route("smtp.example.net", 25, ("2606:4700::1111", "1.1.1.1"), ANY)


def test_name_is_resolved_in_the_form_that_was_checked():
    asked: list[str] = []

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("1.1.1.1",)

    route_to("Bücher.EXAMPLE", resolve)

    assert asked == ["xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "addresses",
    [("1.1.1.1", "127.0.0.1"), ("10.0.0.1", "1.1.1.1"), ("1.1.1.1", "::ffff:127.0.0.1")],
)
def test_one_address_that_is_not_allowed_refuses_the_name(addresses: tuple[str, ...]):
    trouble = route_to("smtp.example.net", knows(*addresses), EgressPolicy.parse("public"))

    assert isinstance(trouble, Trouble)
    assert (trouble.stage, trouble.fault) == (Stage.RESOLVE, Fault.BLOCKED)


def test_host_outside_the_grammar_is_never_resolved():
    trouble = route_to("2130706433", fails(AssertionError("asked")))  # type: ignore[arg-type]

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.BLOCKED


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Fault.DNS_UNKNOWN),
        (socket.gaierror(socket.EAI_NODATA, "No address"), Fault.DNS_UNKNOWN),
        (socket.gaierror(socket.EAI_AGAIN, "Try again"), Fault.DNS_TEMPORARY),
        (socket.gaierror(socket.EAI_FAIL, "Failed"), Fault.DNS_TEMPORARY),
        (OSError(24, "Too many open files"), Fault.DNS_TEMPORARY),
    ],
)
def test_resolvers_errors_are_told_apart(error: OSError, fault: Fault):
    trouble = route_to("smtp.example.net", fails(error))

    assert isinstance(trouble, Trouble)
    assert (trouble.stage, trouble.fault) == (Stage.RESOLVE, fault)
    assert trouble.detail


def test_name_without_addresses_is_unknown():
    trouble = route_to("smtp.example.net", knows())

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.DNS_UNKNOWN


def test_silent_resolver_ends_in_time():
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        await asyncio.Event().wait()
        return ()

    trouble = asyncio.run(
        find_route("smtp.example.net", 25, egress=ANY, timeout_s=0.05, resolver=resolve)
    )

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.DNS_TEMPORARY


def test_address_needs_no_resolver():
    for address in ("1.1.1.1", "2606:4700::1111"):
        route = route_to(address, fails(AssertionError("asked")))  # type: ignore[arg-type]

        assert isinstance(route, Route)
        assert route.addresses == (address,)


def test_connection_goes_to_the_checked_address(smtp_server: SmtpServer):
    route = Route("smtp.example.net", smtp_server.port, ("127.0.0.1",), LOOPBACK)

    assert call(route, peer) == "127.0.0.1"
    smtp_server.wait_for_command("CLOSED")


def test_next_address_is_tried_when_one_refuses(smtp_server: SmtpServer):
    route = Route("smtp.example.net", smtp_server.port, ("::1", "127.0.0.1"), LOOPBACK)

    assert call(route, peer) == "127.0.0.1"
    smtp_server.wait_for_command("CLOSED")


def test_refusal_of_all_addresses_names_each():
    trouble = call(Route("smtp.example.net", free_port(), ("127.0.0.2", "127.0.0.1"), LOOPBACK))

    assert trouble == Trouble(
        Stage.CONNECT,
        Fault.CONNECT,
        "127.0.0.2: Connection refused; 127.0.0.1: Connection refused",
    )


def test_address_that_does_not_answer_leaves_time_for_the_next(smtp_server: SmtpServer):
    """A full backlog neither accepts nor refuses."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.9", smtp_server.port))
        silent.listen(0)
        with full(silent.getsockname()):
            route = Route("a.test", smtp_server.port, ("127.0.0.9", "127.0.0.1"), LOOPBACK)

            async def run() -> object:
                transport = await dial(route, asyncio.Protocol(), timeout_s=0.2)
                assert not isinstance(transport, Trouble)
                reached = peer(transport)
                transport.abort()
                return reached

            assert asyncio.run(run()) == "127.0.0.1"
            smtp_server.wait_for_command("CLOSED")


class full:  # noqa: N801 - reads as a state
    """Fills the backlog of a listener until it no longer answers."""

    def __init__(self, address: Any) -> None:
        self._address = address
        self._clients: list[socket.socket] = []

    def __enter__(self) -> None:
        while True:
            client = socket.socket()
            self._clients.append(client)
            client.settimeout(0.1)
            try:
                client.connect(self._address)
            except TimeoutError:
                return

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()


@dataclass(frozen=True)
class Forgetful:
    """Allows what it is asked the first time and nothing later: the answer to a rebinding."""

    answers: list[bool] = field(default_factory=lambda: [True])

    def allows(self, ip: str, port: int) -> bool:
        return self.answers.pop() if self.answers else False


def test_peer_is_judged_again_once_it_is_reached(smtp_server: SmtpServer):
    egress = cast(EgressPolicy, Forgetful())

    async def run() -> object:
        route = await find_route("127.0.0.1", smtp_server.port, egress=egress, timeout_s=5)
        assert isinstance(route, Route)
        return await dial(route, asyncio.Protocol(), timeout_s=5)

    trouble = asyncio.run(run())

    assert isinstance(trouble, Trouble)
    assert (trouble.stage, trouble.fault) == (Stage.CONNECT, Fault.BLOCKED)
    smtp_server.wait_for_command("CLOSED")
    assert smtp_server.verbs == ["CONNECT", "CLOSED"]


def test_name_is_resolved_once_only(smtp_server: SmtpServer):
    """A name server that changes its mind after the check is not asked again."""
    answers = [("10.0.0.1",), ("127.0.0.1",)]

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return answers.pop()

    async def run() -> None:
        route = await find_route(
            "rebinds.example", smtp_server.port, egress=LOOPBACK, timeout_s=5, resolver=resolve
        )
        assert isinstance(route, Route)
        transport = await dial(route, asyncio.Protocol(), timeout_s=5)
        assert not isinstance(transport, Trouble)
        transport.abort()

    asyncio.run(run())

    smtp_server.wait_for_command("CLOSED")
    assert answers == [("10.0.0.1",)]

"""Several machines inside this one: a host name and a network of its own for each.

Where this account may not make namespaces, they are plain processes that share name and network.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.quiet_network import network_changes

SKEW = Path(__file__).with_name("skew")
HASTE = Path(__file__).with_name("haste")
_BRIDGE = f"pr{os.getpid()}"
_NET = f"198.{18 + os.getpid() // 256 % 2}.{os.getpid() % 256}"
"""Of the range for benchmarks (RFC 2544), which no network uses."""
_NO_ADDRESS_OF_ITS_OWN = ("addrgenmode", "none")
"""By IPv6 one would come some time later."""


_NOWHERE = "02:00:00:00:00:01"
"""Nobody's address: what is sent there is lost on the way."""


@dataclass(frozen=True)
class Machine:
    """Where a program can run."""

    name: str
    prefix: Sequence[str]
    """The command that runs another one there."""
    interface: str = ""
    """Empty where it has no network of its own."""

    def cut_off(self, address: str) -> None:
        """What it sends to this address is lost from now on, and nobody is told."""
        self._neighbour("replace", address, "lladdr", _NOWHERE, "nud", "permanent")

    def connect(self, address: str) -> None:
        """It reaches the address again."""
        self._neighbour("del", address)

    def _neighbour(self, act: str, address: str, *more: str) -> None:
        within = ("ip", "netns", "exec", self.name)
        _run(*within, "ip", "neighbour", act, address, "dev", self.interface, *more)


@dataclass(frozen=True)
class Machines:
    """What the programs of all of them share."""

    address: str
    """Where they reach this machine."""
    second_address: str
    """Where they reach it, too, unless they are cut off from it."""
    apart: tuple[Machine, ...]


def skewed(seconds: float) -> dict[str, str]:
    """The environment of a program whose clock is so many seconds ahead."""
    return {"PYTHONPATH": str(SKEW), "SKEW_S": str(seconds)}


def hasty() -> dict[str, str]:
    """The environment of workers whose leases take a fifth of their time."""
    return {"PYTHONPATH": str(HASTE)}


@pytest.fixture
def machines() -> Iterator[Machines]:
    """Two machines beside this one."""
    undoing = ExitStack()
    try:
        with network_changes():
            made = _machines(undoing)
        yield made
    finally:
        with network_changes():
            undoing.close()


def _machines(undoing: ExitStack) -> Machines:
    try:
        _run("ip", "link", "add", _BRIDGE, "type", "bridge")
    except (OSError, subprocess.CalledProcessError):
        plain = (Machine("first", ()), Machine("second", ()))
        return Machines("127.0.0.1", "127.0.0.1", plain)
    undoing.callback(_run, "ip", "link", "del", _BRIDGE)
    _run("ip", "link", "set", _BRIDGE, *_NO_ADDRESS_OF_ITS_OWN)
    for number in (1, 254):
        _run("ip", "address", "add", f"{_NET}.{number}/24", "dev", _BRIDGE)
    _run("ip", "link", "set", _BRIDGE, "up")
    apart = tuple(_machine(number, undoing) for number in (2, 3))
    return Machines(f"{_NET}.1", f"{_NET}.254", apart)


def _machine(number: int, undoing: ExitStack) -> Machine:
    name = f"{_BRIDGE}-{number}"
    outside, inside = f"{_BRIDGE}o{number}", f"{_BRIDGE}i{number}"
    _run("ip", "netns", "add", name)
    undoing.callback(_run, "ip", "netns", "del", name)
    _run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name)
    _run("ip", "link", "set", outside, *_NO_ADDRESS_OF_ITS_OWN)
    _run("ip", "link", "set", outside, "master", _BRIDGE, "up")
    within = ("ip", "netns", "exec", name)
    _run(*within, "ip", "address", "add", f"{_NET}.{number}/24", "dev", inside)
    _run(*within, "ip", "link", "set", inside, "up")
    _run(*within, "ip", "link", "set", "lo", "up")
    named = ("sh", "-c", 'hostname "$0" && exec "$@"', name)
    return Machine(name, (*within, "unshare", "--uts", *named), inside)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)

"""The locked dependencies: each pinned with its hashes, and one version for tests and use."""

import re

import pytest

from tests.rules.sources import ROOT

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)( ;.*?)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
LOCKS = ("runtime.txt", "test.txt", "bench.txt")


def lock_lines(name: str) -> list[str]:
    """The lines of a lock that are not remarks."""
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    return [line for line in lines if not line.strip().startswith("#")]


def pins(name: str) -> set[tuple[str, ...]]:
    """Name, version and condition of each package in a lock."""
    return {match.groups("") for line in lock_lines(name) if (match := PIN.match(line))}


@pytest.mark.parametrize("name", LOCKS)
def test_each_line_is_a_pin_or_its_hash(name: str):
    odd = [line for line in lock_lines(name) if not PIN.match(line) and not HASH.match(line)]

    assert odd == []


def test_tests_run_with_the_versions_that_run_in_production():
    assert pins("runtime.txt") <= pins("test.txt")
    assert len(pins("runtime.txt")) > 20

"""An address that a name has got since it was tested is checked like the first one."""

import json
import subprocess
import sys

import pytest

from tests.drivers.rebinding.scene import OUTSIDE
from tests.kit.processes import ROOT

APART = ("unshare", "--map-root-user", "--net", "--mount")
SET_UP = """
ip link set lo up && ip address add "$1/32" dev lo &&
mount --bind "$2/resolv.conf" /etc/resolv.conf &&
mount --bind "$2/nsswitch.conf" /etc/nsswitch.conf && shift 2 && exec "$@"
"""
SCENE = (sys.executable, "-m", "tests.drivers.rebinding.scene")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the scene prints; with a network and a name server of its own where that is allowed."""
    folder = tmp_path_factory.mktemp("names")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    (folder / "nsswitch.conf").write_text("hosts: dns\n")
    apart = (*APART, "sh", "-c", SET_UP, "sh", OUTSIDE, str(folder))
    if can_run(*apart, "true"):
        done = run(*apart, *SCENE, "apart")
    else:
        done = run(*SCENE, "beside")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def can_run(*command: str) -> bool:
    try:
        return run(*command).returncode == 0
    except OSError:
        return False


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_name_that_stays_outside_is_used(told):
    assert told["outside"]["ok"]
    assert told["outside"]["refused"] is None


@pytest.mark.parametrize("step", ["inside", "both"])
def test_name_that_turns_inside_is_refused_at_test_and_at_sending(told, step):
    assert not told[step]["ok"]
    assert "127.0.0.1" in told[step]["failed"][0]
    assert told[step]["refused"] == "address_blocked"
    assert told["reached"] == [2, 0]


def test_each_connection_asks_once(told):
    assert [told[step]["asked"] for step in ("outside", "inside", "both")] == [2, 2, 2]

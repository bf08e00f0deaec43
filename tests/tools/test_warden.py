"""Tests of tools.warden: a bench that is killed leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.patience import until
from tests.kit.processes import ROOT
from tests.tools.bench.test_processes import PARENT
from tools.bench.processes import family

BENCH = """
import pathlib, shutil, signal, sys
from tools.bench.processes import end, running, started, until_printed

setpriv = shutil.which("setpriv")
deaf = [setpriv, "--pdeathsig", "clear"] if setpriv else []
log = pathlib.Path(sys.argv[1])
ended = started([sys.executable, "-c", "pass"], output=log.with_name("other").open("wb"))
end(ended)
with running([*deaf, sys.executable, "-c", sys.argv[2]], log=log) as process:
    until_printed(process, log, "child")
    print(process.pid, flush=True)
    signal.pause()
"""
"""Starts a program that is not told of its death, as Postfix is not, and waits."""


@pytest.mark.parametrize("ending", ["kill", "terminate"])
def test_what_a_killed_bench_has_started_ends_with_all_below_it(tmp_path: Path, ending: str):
    command = [sys.executable, "-c", BENCH, str(tmp_path / "log"), PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as bench:
        assert bench.stdout is not None
        program, child = family(int(bench.stdout.readline()))

        getattr(bench, ending)()

        until(lambda: not is_alive(program) and not is_alive(child))


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

"""Tests of tools.bench.processes."""

import os
import sys
from pathlib import Path

import pytest

from tools.bench.line import NotMeasured
from tools.bench.processes import cpu_s, family, finished, peak_mb, running, until_printed

PATIENT = "import signal, sys; print('ready', flush=True); signal.pause()"
PARENT = (
    "import subprocess, sys, signal\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
    "print('child', child.pid, flush=True)\n"
    "signal.pause()"
)


def test_program_runs_until_it_is_left(tmp_path: Path):
    log = tmp_path / "log"

    with running([sys.executable, "-c", PATIENT], log=log) as process:
        until_printed(process, log, "ready")
        assert process.poll() is None

    assert process.returncode is not None


def test_program_that_ends_instead_of_starting_is_told_at_once(tmp_path: Path):
    log = tmp_path / "log"
    command = [sys.executable, "-c", "raise SystemExit('No such port')"]

    with (
        running(command, log=log) as process,
        pytest.raises(NotMeasured, match="did not start; it said: No such port"),
    ):
        until_printed(process, log, "ready")


def test_family_of_a_program_includes_what_it_started(tmp_path: Path):
    log = tmp_path / "log"

    with running([sys.executable, "-c", PARENT], log=log) as process:
        until_printed(process, log, "\n")
        child = int(log.read_text("ascii").split()[1])
        found = family(process.pid)
        os.kill(child, 9)

    assert found == [process.pid, child]


def test_memory_and_processor_time_of_a_program_are_read():
    assert cpu_s(os.getpid()) > 0
    assert peak_mb(os.getpid()) > 10


def test_output_of_a_command_is_given_back():
    assert finished([sys.executable, "-c", "print('here')"], timeout_s=20) == "here\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([sys.executable, "-c", "raise SystemExit('It broke')"], "It broke"),
        ([sys.executable, "-c", PATIENT], "did not end within"),
        (["no-such-program-here"], "no-such-program-here"),
    ],
)
def test_command_that_fails_is_not_measured(command: list[str], said: str):
    with pytest.raises(NotMeasured, match=said):
        finished(command, timeout_s=1)

"""Programs that the bench starts: bound to its own life, watched, and ended within a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from panel.config import CHECKOUT
from tools import warden
from tools.bench.line import NotMeasured

STOP_S = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


def tied(command: Sequence[str]) -> list[str]:
    """The command so that it ends with the bench; see `warden` for those that do not."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *command] if setpriv else list(command)


@contextmanager
def running(
    command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program whose output goes to `log`; ended in good order, else by force."""
    with log.open("wb") as output:
        process = started(command, output=output, environment=environment)
        try:
            yield process
        finally:
            end(process)


def started(
    command: Sequence[str],
    *,
    output: IO[bytes] | int,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """A program with all that it prints going to `output`; who starts it ends it."""
    process = subprocess.Popen(  # noqa: S603  (all commands are the bench's own)
        tied(command),
        cwd=CHECKOUT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        # Postfix ends all of its group, which has to be its own then.
        start_new_session=True,
        stderr=None if output == subprocess.PIPE else subprocess.STDOUT,
    )
    warden.begun(process.pid)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Asks it to end, and kills it when it does not."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    warden.ended(process.pid)


def finished(
    command: Sequence[str],
    *,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command prints until it ends; NotMeasured when it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603  (all commands are the bench's own)
            tied(command),
            cwd=CHECKOUT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"{command[0]} did not end within {timeout_s:.0f} s.") from None
    except OSError as error:
        raise NotMeasured(f"{command[0]} cannot be started: {error}") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise NotMeasured(f"{' '.join(command[:4])} failed: {' / '.join(last)}")
    return done.stdout


def until_printed(
    process: subprocess.Popen[bytes], log: Path, words: str, *, timeout_s: float = 60.0
) -> None:
    """Waits until a program has printed these words; NotMeasured when it ends or waits too long."""
    began = time.monotonic()
    while words not in log.read_text("utf-8", "replace"):
        if process.poll() is not None or time.monotonic() - began > timeout_s:
            last = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
            raise NotMeasured(f"A program did not start; it said: {' / '.join(last)}")
        time.sleep(0.02)


def cpu_s(pid: int) -> float:
    """Processor seconds that a program and all that it started have used up to now."""
    return sum(_own_cpu_s(each) for each in family(pid))


def peak_mb(pid: int) -> float:
    """The most memory (resident, in MB of 10^6 bytes) that a program has ever had."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise NotMeasured("The system does not tell how much memory a program has.")


def family(pid: int) -> list[int]:
    """A program and all below it that are alive."""
    parents = {int(each.name): _stat(int(each.name)) for each in Path("/proc").glob("[0-9]*")}
    found = [pid]
    for parent in found:
        found += [each for each, stat in parents.items() if stat and int(stat[1]) == parent]
    return found


def _own_cpu_s(pid: int) -> float:
    stat = _stat(pid)
    return (int(stat[11]) + int(stat[12])) / TICKS if stat else 0.0


def _stat(pid: int) -> list[str]:
    """The columns of /proc/PID/stat from the third on; none when the program has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []

"""Real processes of Postroom on free ports: started, watched, killed."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.kit.patience import until
from tests.kit.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_S = 40.0
STOP_S = 60.0


@dataclass
class Program:
    """One `postroom` process and what it prints; killed at the latest when it is left."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    lines: list[str] = field(default_factory=list)
    prefix: Sequence[str] = ()
    """A command that becomes the program, for example one that enters a namespace."""
    module: str = "panel"
    """What Python runs."""

    def __enter__(self) -> Self:
        """Starts it."""
        self._process = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", self.module, *self.arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._new: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Ends it in good order, or by force."""
        self.stop()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def family(self) -> list[int]:
        """The ids of its process and of all that descend from it."""
        return descendants(self.pid)

    @property
    def output(self) -> str:
        """Everything it has printed so far."""
        return "\n".join(self.lines)

    def wait_for(self, pattern: str) -> str:
        """The first line, printed or yet to come, in which `pattern` is found."""
        for line in self.lines:
            if re.search(pattern, line):
                return line
        while (new := self._next()) is not None:
            if re.search(pattern, new):
                return new
        raise AssertionError(f"It ended without printing {pattern!r}:\n{self.output}")

    def kill(self) -> None:
        """As a power cut would end it."""
        self._process.send_signal(signal.SIGKILL)
        self._end()

    def stop(self) -> int:
        """Asks it to end, waits, and gives its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        return self._end()

    def _next(self) -> str | None:
        try:
            return self._new.get(timeout=START_S)
        except queue.Empty:
            raise AssertionError(f"Nothing more was printed:\n{self.output}") from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as printed:
            for line in printed:
                self.lines.append(line.rstrip("\n"))
                self._new.put(self.lines[-1])
        self._new.put(None)

    def _end(self) -> int:
        try:
            status = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"It did not end in {STOP_S:.0f} s:\n{self.output}") from None
        self._reader.join()
        return status


class Installation:
    """One installation of Postroom: its settings, and the programs that run on them."""

    def __init__(self, environment: Mapping[str, str], programs: ExitStack) -> None:
        self.environment = dict(environment)
        self.port = free_port()
        self.prefix: Sequence[str] = ()
        """Stands before the command of each program."""
        self._programs = programs

    @property
    def url(self) -> str:
        """Where its panel is."""
        return f"http://127.0.0.1:{self.port}"

    def worker(
        self, environment: Mapping[str, str] | None = None, *, arguments: Sequence[str] = ()
    ) -> Program:
        """A worker that has begun; `environment` comes on top of the installation's."""
        program = self._start("worker", *arguments, environment=environment)
        program.wait_for("worker_started")
        return program

    def web(self, environment: Mapping[str, str] | None = None) -> Program:
        """The panel alone, once it answers."""
        program = self._start("web", "--port", str(self.port), environment=environment)
        until(lambda: answers(f"{self.url}/healthz"), timeout_s=START_S)
        return program

    def everything(self, *arguments: str) -> Program:
        """`postroom run`, once the panel answers and a worker is alive."""
        program = self._start("run", "--port", str(self.port), *arguments)
        program.wait_for("worker_started")
        until(lambda: answers(f"{self.url}/readyz"), timeout_s=START_S)
        return program

    def _start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Program:
        whole = {**self.environment, **(environment or {})}
        program = Program(arguments, whole, prefix=self.prefix)
        return self._programs.enter_context(program)

    def command(
        self, *arguments: str, environment: Mapping[str, str] | None = None, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end; `text` is its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "panel", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, **(environment or {})},
            input=text,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )


def descendants(pid: int) -> list[int]:
    """A process and all that descend from it, as far as they are still there."""
    if not Path(f"/proc/{pid}").exists():
        return []
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    children = [child for thread in threads for child in _read(thread).split()]
    return [pid, *(one for child in children for one in descendants(int(child)))]


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except OSError:
        return ""


def answers(url: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation on the test's migrated database; its programs end with the test."""
    with ExitStack() as programs:
        yield Installation(
            {
                "POSTROOM_INSTANCE": str(tmp_path / "instance"),
                "POSTROOM_DATABASE_URL": database_url,
                "POSTROOM_SECRET_KEY": "s" * 32,
                "POSTROOM_ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
                "POSTROOM_LOG_FORMAT": "json",
            },
            programs,
        )

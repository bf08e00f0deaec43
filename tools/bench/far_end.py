"""Starting the sink and asking it what came."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.bench.line import NotMeasured
from tools.bench.processes import cpu_s, running, until_printed

START_S = 20.0
PAUSE_S = 0.02
"""Between two questions: the sink has other things to do."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What the sink has taken; times in seconds of the machine's monotonic clock."""

    mails: int
    first_s: float
    last_s: float
    connections: int

    @property
    def rate(self) -> float:
        """Mails a second between the first and the last."""
        span_s = self.last_s - self.first_s
        return (self.mails - 1) / span_s if span_s > 0 else 0.0


class FarEnd:
    """A sink in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        """`port` is where it takes mail, and questions."""
        self.port = port
        self._process = process
        self._line = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._replies = self._line.makefile("rb")
        self._replies.readline()

    def stat(self) -> Stat:
        """What came so far."""
        return Stat(**json.loads(self._ask(b"STAT")))

    def arrivals(self) -> array[float]:
        """When each mail had come, in their order."""
        return array("d", json.loads(self._ask(b"LIST")))

    def wait_for(self, mails: int, *, timeout_s: float, silence_s: float = 20.0) -> Stat:
        """Returns once that many came; NotMeasured when too few do, or none for `silence_s`."""
        began = moved = time.monotonic()
        seen = 0
        while (stat := self.stat()).mails < mails:
            now = time.monotonic()
            if stat.mails != seen:
                seen, moved = stat.mails, now
            if now - began > timeout_s or now - max(moved, began) > silence_s:
                raise NotMeasured(f"Only {stat.mails:,} of {mails:,} mails reached the sink.")
            time.sleep(PAUSE_S)
        return stat

    def settle(self, mails: int) -> Stat:
        """What came, a moment later, so that a copy too many would show; NotMeasured if one did."""
        time.sleep(0.2)
        stat = self.stat()
        if stat.mails != mails:
            raise NotMeasured(f"{stat.mails:,} mails reached the sink instead of {mails:,}.")
        return stat

    def cpu_s(self) -> float:
        """Processor seconds it has used."""
        return cpu_s(self._process.pid)

    def close(self) -> None:
        """Hangs up."""
        self._replies.close()
        self._line.close()

    def _ask(self, verb: bytes) -> bytes:
        try:
            self._line.sendall(verb + b"\r\n")
            return self._replies.readline()
        except OSError as error:
            raise NotMeasured(f"The sink does not answer: {error}") from None


@contextmanager
def far_end(*, delay_ms: float = 0.0, has_pipelining: bool = True) -> Iterator[FarEnd]:
    """A fresh sink; each of its replies waits `delay_ms`."""
    command = [sys.executable, "-m", "tools.bench.sink", "--delay-ms", str(delay_ms)]
    command += [] if has_pipelining else ["--no-pipelining"]
    with (
        tempfile.NamedTemporaryFile(prefix="postroom-bench-sink-") as log,
        running(command, log=Path(log.name)) as process,
    ):
        until_printed(process, Path(log.name), "\n", timeout_s=START_S)
        sink = FarEnd(process, int(Path(log.name).read_text("ascii")))
        try:
            yield sink
        finally:
            sink.close()

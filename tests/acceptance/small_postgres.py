"""A PostgreSQL whose disk can be filled, and what keeps it running, as a service manager does."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from tests.acceptance.small_disk import Limited, SmallDisk, mounted
from tests.kit.patience import until
from tests.kit.postgres import connect
from tests.kit.postgres_keeper import INITDB, PROGRAMS

SIZE = "96m"
SETTINGS = {
    "listen_addresses": "",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "8MB",
    "min_wal_size": "2MB",
    "max_wal_size": "4MB",
    "fsync": "off",
}
_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
"""PostgreSQL refuses to run as root, also where that is only the name of an account."""
_PAUSE_S = 0.1


class Kept:
    """A server that is started again whenever it has ended, until `stop`."""

    def __init__(self, prefix: Sequence[str], state: Path, socket: Path) -> None:
        """`prefix` leads to the file system in which `state` is; the socket is in `socket`."""
        self._command = [*prefix, str(PROGRAMS / "postgres"), "-D", str(state), "-k", str(socket)]
        self._command += [f"-c{name}={value}" for name, value in SETTINGS.items()]
        self._socket = socket
        self._stopping = threading.Event()
        self._process = self._started()
        self._thread = threading.Thread(target=self._keep)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Of the server that runs now."""
        return self._process.pid

    def answers(self) -> bool:
        """Whether it lets somebody in."""
        try:
            connect(self._socket).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Ends it at once."""
        self._stopping.set()
        self._process.terminate()
        self._thread.join()

    def _keep(self) -> None:
        while True:
            self._process.wait()
            if self._stopping.wait(_PAUSE_S):
                return
            self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        log = (self._socket / "log").open("ab")
        with log:
            return subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
            )


@contextmanager
def small_postgres(folder: Path) -> Iterator[tuple[Path, SmallDisk]]:
    """The folder of the server's socket, and its disk, which is mounted on `folder`."""
    with ExitStack() as stack:
        socket = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-small-")))
        small = stack.enter_context(mounted(folder, size=SIZE))
        prefix = (*small.prefix, *_NOBODY) if small else ()
        state = folder / "state"
        initdb = [*prefix, str(PROGRAMS / "initdb"), "-D", str(state), "--wal-segsize=1", *INITDB]
        subprocess.run(initdb, check=True, cwd="/", stdout=subprocess.DEVNULL)
        server = Kept(prefix, state, socket)
        stack.callback(server.stop)
        until(server.answers, timeout_s=30)
        yield socket, small or Limited(folder, lambda: [server.pid])

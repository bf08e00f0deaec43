"""A way over the network to a PostgreSQL that listens on this machine only."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_OCTETS = 65536
_LOOK_S = 0.05


class Passage:
    """Carries connections to a Unix socket; `cut` it is silent, like a network that is gone."""

    def __init__(self, address: str, target: str) -> None:
        """`target` is the path of the Unix socket."""
        self._listener = socket.create_server((address, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._target = target
        self._others: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._is_open = threading.Event()
        self._is_open.set()
        self._is_ending = False
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        """Begins."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Ends all connections."""
        self._is_ending = True
        self._is_open.set()
        self._thread.join()
        for one in (*self._others, self._listener):
            one.close()
        self._selector.close()

    def cut(self) -> None:
        """From now on nothing is carried, and nobody is told."""
        self._is_open.clear()

    def mend(self) -> None:
        """Carries again what was kept back meanwhile, and all that follows."""
        self._is_open.set()

    def _run(self) -> None:
        while not self._is_ending:
            self._is_open.wait()
            for key, _ in self._selector.select(_LOOK_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._carry(key.fileobj)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        for one, other in ((near, far), (far, near)):
            self._others[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _carry(self, one: socket.socket) -> None:
        if one not in self._others:
            return  # the other end has just gone
        try:
            octets = one.recv(_OCTETS)
            self._others[one].sendall(octets)
        except OSError:
            octets = b""
        if octets:
            return
        for each in (one, self._others[one]):
            self._others.pop(each)
            self._selector.unregister(each)
            with suppress(OSError):
                each.close()

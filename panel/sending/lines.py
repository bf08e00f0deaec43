"""The lines of all providers of one worker."""

from __future__ import annotations

import asyncio

from panel.sending.desk import Desk
from panel.sending.line import CONNECTIONS, Line


class Lines:
    """Made on demand, kept as long as the worker lives."""

    def __init__(self, *, connections: int = CONNECTIONS) -> None:
        self._connections = connections
        self._lines: dict[int, Line] = {}
        self._is_closing = False

    def to(self, provider_id: int, desk: Desk) -> Line:
        """The line to a provider."""
        line = self._lines.get(provider_id)
        if line is None:
            line = Line(desk, provider_id, connections=self._connections)
            self._lines[provider_id] = line
            if self._is_closing:
                line.stop()
        return line

    def stop(self) -> None:
        """Finishes what is on the wire; everybody who waits is given back."""
        self._is_closing = True
        for line in self._lines.values():
            line.stop()

    async def close(self, *, wait_s: float = 0.0) -> None:
        """Stops, and cuts off what is still on the wire after `wait_s` seconds."""
        self.stop()
        await asyncio.gather(*(line.close(wait_s=wait_s) for line in self._lines.values()))

"""How much to do in one transaction, so that it keeps nobody waiting for longer than it may."""

from __future__ import annotations


class Portion:
    """Grows while transactions are short, shrinks where one was too long."""

    def __init__(self, *, least: int, most: int, at_most_s: float) -> None:
        self._least = least
        self._most = most
        self._at_most_s = at_most_s
        self.size = least
        """For the next transaction."""

    def fit(self, took_s: float) -> None:
        """Learns from how long the last one took."""
        if took_s > self._at_most_s:
            self.size = max(self._least, self.size // 2)
        elif took_s < self._at_most_s / 2:
            self.size = min(self._most, self.size * 2)

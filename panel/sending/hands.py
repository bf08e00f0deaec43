"""What a worker has in its hands: how many deliveries, and how many octets of bodies in memory."""

from __future__ import annotations

from collections import Counter

from panel.storage.queue.claims import ClaimedMessage

MOST_LOADED = 16 * 1024 * 1024
"""Octets of bodies that came with claims; what is beyond it is fetched from the database when a
connection takes the mail."""


class Hands:
    """Mails that were claimed and have not yet left; a body that several share is counted once."""

    def __init__(self, *, most_loaded: int = MOST_LOADED) -> None:
        self.deliveries = 0
        self._room = most_loaded
        self._holders: Counter[int] = Counter()
        """Mails by the identity of the body that they hold."""

    @property
    def room(self) -> int:
        """How many octets more may be loaded."""
        return max(self._room, 0)

    def take(self, message: ClaimedMessage) -> None:
        """A mail has come in."""
        self.deliveries += len(message.deliveries)
        body = message.body
        if body is not None:
            if not self._holders[id(body)]:
                self._room -= len(body)
            self._holders[id(body)] += 1

    def leave(self, message: ClaimedMessage) -> int:
        """A mail is through, with so many deliveries."""
        count = len(message.deliveries)
        self.deliveries -= count
        body = message.body
        if body is not None:
            self._holders[id(body)] -= 1
            if not self._holders[id(body)]:
                del self._holders[id(body)]
                self._room += len(body)
        return count

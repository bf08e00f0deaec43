"""What a driver asks of a mail's body: `bytes` have it, and so has a body too large for memory."""

from __future__ import annotations

from typing import Protocol


class Body(Protocol):
    """Octets with CRLF line ends, read a portion at a time."""

    def __len__(self) -> int:
        """How many octets."""
        ...

    def __getitem__(self, part: slice, /) -> bytes:
        """A portion of them; the slice has no step."""
        ...

    def isascii(self) -> bool:
        """Whether all of them are below 128."""
        ...

    def count(self, octets: bytes, /) -> int:
        """How often some octets come, not overlapping."""
        ...

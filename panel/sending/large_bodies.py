"""Bodies that are read from the database only when a connection takes their mail.

The larger of them never come into memory as a whole: while they are sent they lie in a file
without a name, which is gone when nobody uses it any more, also when the worker is killed.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from typing import IO
from weakref import WeakValueDictionary, finalize

import structlog

from panel.domain.body import Body
from panel.storage.database import Engine, Session, is_passing
from panel.storage.queue.claims import LARGE, ClaimedMessage
from panel.storage.queue.contents import copy_body

log = structlog.get_logger(__name__)
TROUBLE_S = 1.0
"""Seconds until it is tried again when the database was out of reach."""
PORTION = 1 << 18
"""Octets read at once where all of a body is looked through."""


class FiledBody:
    """A body in a file; several connections may read it at one time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        finalize(self, file.close)
        self._size = os.fstat(file.fileno()).st_size

    def __len__(self) -> int:
        """How many octets."""
        return self._size

    def __getitem__(self, part: slice, /) -> bytes:
        """A portion of them."""
        start, stop, _step = part.indices(self._size)
        return os.pread(self._file.fileno(), max(stop - start, 0), start)

    def isascii(self) -> bool:
        """Whether all of them are below 128."""
        return all(portion.isascii() for portion in self._portions())

    def count(self, octets: bytes, /) -> int:
        """How often some octets come that cannot overlap with themselves."""
        return sum(portion.count(octets) for portion in self._portions(more=len(octets) - 1))

    def _portions(self, *, more: int = 0) -> Iterator[bytes]:
        """Each with some octets of the next, so that what lies across the cut is seen once."""
        for start in range(0, self._size, PORTION):
            yield self[start : start + PORTION + more]


class LargeBodies:
    """Fetches bodies for one worker, one at a time; mails with the same body share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        self._filed: WeakValueDictionary[bytes, FiledBody] = WeakValueDictionary()

    async def fetch(self, message: ClaimedMessage) -> Body | None:
        """The body of a mail that was claimed without it; None when it has been removed.

        Raises OSError when there is no room for its file, and what the database raises unless
        that may pass: then it waits until the database is back.
        """
        digest = message.digest
        if digest is None:
            return message.body
        async with self._turn:
            body: Body | None = self._filed.get(digest)
            while body is None:
                try:
                    body = await asyncio.to_thread(self._copied, digest, size=message.size)
                    break
                except Exception as error:
                    if not is_passing(error):
                        raise
                    log.warning("database_busy", error=str(error)[:300], retry_in_s=TROUBLE_S)
                    await asyncio.sleep(TROUBLE_S)
            if isinstance(body, FiledBody):
                self._filed[digest] = body
            return body

    def _copied(self, digest: bytes, *, size: int) -> Body | None:
        if size <= LARGE:
            memory = BytesIO()
            return memory.getvalue() if self._copy(digest, memory) else None
        with ExitStack() as ending:
            file = ending.enter_context(tempfile.TemporaryFile(prefix="postroom-"))
            if not self._copy(digest, file):
                return None
            file.flush()
            ending.pop_all()
            return FiledBody(file)

    def _copy(self, digest: bytes, into: IO[bytes]) -> bool:
        with Session(self._engine) as session:
            return copy_body(session, digest, into)

"""Where the request threads of a process hand in their mail, and share transactions in doing so.

Whoever comes to an idle desk writes for itself at once. Whoever comes while it is busy waits; all
that gathers meanwhile is written and committed together by the first of them. Nobody leaves with
an answer before the commit that holds its mail.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from panel.config import Config
from panel.services.submission_intake import HandIn, SubmittedBatch, Verdict, take_in_together
from panel.storage.database import Engine, is_overtaken, is_passing, make_engine
from panel.storage.kept_connection import KeptConnection

PATIENCE_S = 10.0
"""Seconds that somebody waits for the database, or for his turn, before he is sent away."""
STALLED_S = 2.0
"""A transaction that takes longer than this is stuck, and so is whoever comes now."""
MOST_STALLED = 20
"""Who may wait for a stuck one: fewer than a process has threads, so that pages still open."""
MOST_WEIGHT = 4 * 1024 * 1024
"""Of one transaction, unless a single hand-in has more: others wait for SQLite's lock."""


class Busy(Exception):
    """Nothing was stored: the database takes too long, or too many are waiting for it."""


@dataclass(slots=True, eq=False)
class _Place:
    """Somebody at the desk; `called` is released once it has its verdict, or is to write."""

    hand_in: HandIn
    called: threading.Lock = field(default_factory=threading.Lock)
    writes: bool = False
    result: Verdict | Exception | None = None


class Desk:
    """The desk of one process for one database; made to be used by many threads."""

    def __init__(
        self, engine: Engine, *, patience_s: float = PATIENCE_S, stalled_s: float = STALLED_S
    ) -> None:
        self._kept = KeptConnection(engine, patience_s)
        self._patience_s = patience_s
        self._stalled_s = stalled_s
        self._lock = threading.Lock()
        self._waiting: deque[_Place] = deque()
        self._is_busy = False
        self._is_writing = False
        self._began_s = 0.0

    @property
    def is_writing(self) -> bool:
        """Whether a transaction is under way; who comes now has to wait for its end."""
        return self._is_writing

    @property
    def waiting(self) -> int:
        """How many wait for the end of the transaction that is under way."""
        return len(self._waiting)

    def hand_in(self, hand_in: HandIn) -> SubmittedBatch:
        """What became of the mails; everything that was accepted is committed by then.

        Raises a Refusal, Busy, or the error that the database answered with.
        """
        place = self._queue_up(hand_in)
        if not place.writes:
            self._wait(place)
        if place.writes:
            self._write(self._group())
        if isinstance(place.result, SubmittedBatch):
            return place.result
        raise place.result or Busy

    def _queue_up(self, hand_in: HandIn) -> _Place:
        place = _Place(hand_in)
        place.called.acquire()
        with self._lock:
            if self._is_stalled():
                raise Busy
            self._waiting.append(place)
            if not self._is_busy:
                self._appoint(place)
        return place

    def _appoint(self, place: _Place) -> None:
        self._is_busy = place.writes = True
        self._began_s = time.monotonic()

    def _is_stalled(self) -> bool:
        is_stuck = self._is_busy and time.monotonic() > self._began_s + self._stalled_s
        return is_stuck and len(self._waiting) >= MOST_STALLED

    def _wait(self, place: _Place) -> None:
        """Until it is called. Who is not called in time leaves, unless he is being served."""
        if place.called.acquire(timeout=self._patience_s):
            return
        with self._lock:
            if place in self._waiting and not place.writes:
                self._waiting.remove(place)
                raise Busy
        place.called.acquire()

    def _group(self) -> list[_Place]:
        """Who is served together: in the order of coming, and one of each key at most."""
        group: list[_Place] = []
        passed_over: list[_Place] = []
        keys, weight = set(), 0
        with self._lock:
            while self._waiting:
                place = self._waiting.popleft()
                weight += place.hand_in.weight
                if group and weight > MOST_WEIGHT:
                    passed_over.append(place)
                    break
                if place.hand_in.key is not None and place.hand_in.key in keys:
                    passed_over.append(place)
                    continue
                keys.add(place.hand_in.key)
                group.append(place)
            self._waiting.extendleft(reversed(passed_over))
            self._is_writing = True
        return group

    def _write(self, group: Sequence[_Place]) -> None:
        try:
            self._serve(group)
        finally:
            self._call_next()
            for place in group:
                place.called.release()

    def _call_next(self) -> None:
        with self._lock:
            self._is_busy = self._is_writing = False
            if self._waiting:
                self._appoint(self._waiting[0])
                self._waiting[0].called.release()

    def _serve(self, group: Sequence[_Place]) -> None:
        """Gives everybody in the group a verdict, or the error that kept it from one."""
        try:
            verdicts = self._take_in([place.hand_in for place in group])
        except Exception as error:  # noqa: BLE001 - it is raised where the mail came from
            if len(group) == 1 or is_passing(error):
                for place in group:
                    place.result = error
                return
            # One of them is at fault; it must not be to the others' harm.
            for place in group:
                self._serve([place])
            return
        for place, verdict in zip(group, verdicts, strict=True):
            place.result = verdict

    def _take_in(self, hand_ins: Sequence[HandIn]) -> list[Verdict]:
        try:
            return self._store(hand_ins)
        except Exception as error:
            if not is_overtaken(error):
                raise
        return self._store(hand_ins)

    def _store(self, hand_ins: Sequence[HandIn]) -> list[Verdict]:
        with self._kept.use() as connection:
            return take_in_together(connection, hand_ins)


@contextmanager
def own_desk(config: Config) -> Iterator[Desk]:
    """The desk of a program without a panel, such as a command."""
    engine = make_engine(config.database_url)
    try:
        yield Desk(engine)
    finally:
        engine.dispose()

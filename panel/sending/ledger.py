"""The worker's writes: one thread commits what gathered while its last commit was under way.

Commits are thus grouped over all connections of the worker; nobody waits longer than for the
commit that is running and the next one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from panel.storage.database import Engine, Session, is_passing, session_for
from panel.storage.queue.batch import Batch
from panel.storage.queue.marks import Ended, Reached, Returned, Settled
from panel.storage.queue.writer import Writer

T = TypeVar("T")
log = structlog.get_logger(__name__)
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
LAST = 1 << 63
"""The place of work that locks no provider's rows."""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of marks: they are durable, or, with an error, they are not there."""

    held: frozenset[tuple[int, str]] = frozenset()
    """Delivery and token of each `Reached` of this commit that the worker still holds."""
    error: Exception | None = None


Then = Callable[[Written], None]
"""Called on the worker's event loop."""


@dataclass(slots=True)
class _Marks:
    """Marks that are written, or refused, together."""

    kind: str
    marks: Sequence[Reached | Ended | Settled | Returned]
    then: Then | None


@dataclass(frozen=True, slots=True)
class _Work:
    act: Callable[[Session], Any]
    order: int
    future: asyncio.Future[Any]


_Entry = _Marks | _Work


class Ledger:
    """The writer of one worker; everything but `close` is called on the worker's event loop."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = Writer(engine)
        self._loop = asyncio.get_running_loop()
        self._new: list[_Entry] = []
        """Noted in this turn of the loop; handed to the thread at its end, all at once."""
        self._gathered: list[_Entry] = []
        self._condition = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def reach(self, marks: Sequence[Reached], then: Then | None = None) -> None:
        """Notes how far attempts have got."""
        self._note(_Marks("reached", marks, then))

    def end(self, marks: Sequence[Ended], then: Then | None = None) -> None:
        """Notes how attempts ended."""
        self._note(_Marks("ended", marks, then))

    def settle(self, marks: Sequence[Settled], then: Then | None = None) -> None:
        """Notes what was decided on deliveries: they leave the worker's hands."""
        self._note(_Marks("settled", marks, then))

    def give_back(self, marks: Sequence[Returned], then: Then | None = None) -> None:
        """Notes that deliveries go back into the queue."""
        self._note(_Marks("returned", marks, then))

    async def run(self, act: Callable[[Session], T], *, provider_id: int = LAST) -> T:
        """Runs `act` in the next transaction; it may run again when a commit was lost.

        `provider_id`: whose rows it locks. All workers lock them in this order, and so never wait
        for each other in a circle.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._note(_Work(act, provider_id, future))
        return await future

    def post(
        self,
        act: Callable[[Session], T],
        *,
        provider_id: int,
        then: Callable[[T], None] = lambda _: None,
        otherwise: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Runs `act` like `run`; nobody waits: `then` is told the answer, `otherwise` the error."""

        def answered(done: asyncio.Future[T]) -> None:
            error = None if done.cancelled() else done.exception()
            if isinstance(error, Exception):
                otherwise(error)
            elif not done.cancelled():
                then(done.result())

        future: asyncio.Future[T] = self._loop.create_future()
        future.add_done_callback(answered)
        self._note(_Work(act, provider_id, future))

    def close(self) -> None:
        """Writes what has gathered, then ends the thread and the connection."""
        with self._condition:
            self._is_closing = True
            self._gathered += self._new
            self._new = []
            self._condition.notify()
        self._thread.join()
        self._writer.close()

    def _note(self, entry: _Entry) -> None:
        if not self._new:
            self._loop.call_soon(self._hand_in)
        self._new.append(entry)

    def _hand_in(self) -> None:
        with self._condition:
            self._gathered += self._new
            self._new = []
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_closing or self._gathered)
                if not self._gathered:
                    return
                gathered, self._gathered = self._gathered, []
            self._write(gathered)

    def _write(self, entries: list[_Entry]) -> None:
        try:
            held, answers = self._commit(entries)
        except Exception as error:  # noqa: BLE001  (one bad mark must not stop the worker)
            self._write_apart(entries, error)
            return
        self._loop.call_soon_threadsafe(_answer, entries, Written(held), answers)

    def _commit(self, entries: list[_Entry]) -> tuple[frozenset[tuple[int, str]], list[Any]]:
        """One transaction for marks and one for work, repeated until the database takes them."""
        batch, works = _sorted(entries)
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                held = self._writer.write(batch)
                return held, self._work(works) if works else []
            except Exception as error:
                if not is_passing(error) or self._is_closing:
                    raise
                log.warning("database_busy", error=str(error)[:300], retry_in_s=pause_s)
                threading.Event().wait(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _work(self, works: Sequence[_Work]) -> list[Any]:
        with session_for(self.engine) as session:
            answers = [work.act(session) for work in works]
            session.commit()
            return answers

    def _write_apart(self, entries: list[_Entry], error: Exception) -> None:
        """Each entry in a transaction of its own, so that a bad one harms only itself.

        In the order in which a common transaction would have written them.
        """
        if len(entries) == 1:
            log.error("mark_not_written", error=str(error)[:300])
            self._loop.call_soon_threadsafe(_refuse, entries[0], error)
            return
        for entry in sorted(entries, key=_place):
            self._write([entry])


_ORDER = ("reached", "ended", "settled", "returned")


def _place(entry: _Entry) -> tuple[int, int]:
    if isinstance(entry, _Work):
        return len(_ORDER), entry.order
    return _ORDER.index(entry.kind), 0


def _sorted(entries: list[_Entry]) -> tuple[Batch, list[_Work]]:
    batch = Batch()
    works = []
    for entry in entries:
        if isinstance(entry, _Work):
            works.append(entry)
        else:
            getattr(batch, entry.kind).extend(entry.marks)
    works.sort(key=lambda work: work.order)
    return batch, works


def _answer(entries: list[_Entry], written: Written, answers: list[Any]) -> None:
    works = []
    for entry in entries:
        if isinstance(entry, _Work):
            works.append(entry)
        else:
            _tell(entry, written)
    works.sort(key=lambda work: work.order)
    for work, answer in zip(works, answers, strict=True):
        if not work.future.done():
            work.future.set_result(answer)


def _refuse(entry: _Entry, error: Exception) -> None:
    if isinstance(entry, _Marks):
        _tell(entry, Written(error=error))
    elif not entry.future.done():
        entry.future.set_exception(error)


def _tell(entry: _Marks, written: Written) -> None:
    """Whoever fails to hear it keeps nobody else from hearing theirs."""
    if entry.then is None:
        return
    try:
        entry.then(written)
    except Exception:
        log.exception("mark_not_heard", kind=entry.kind)

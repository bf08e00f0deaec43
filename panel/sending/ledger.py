"""The worker's writes: one thread commits what gathered while its last commit was under way.

Commits are thus grouped over all connections of the worker; nobody waits longer than for the
commit that is running and the next one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from panel.storage.database import Engine, Session, is_passing, session_for
from panel.storage.queue.batch import Batch, write_batch
from panel.storage.queue.marks import Ended, Reached, Returned, Settled
from panel.storage.queue.progress import Held

T = TypeVar("T")
log = structlog.get_logger(__name__)
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
LAST = 1 << 63
"""The place of work that locks no provider's rows."""


@dataclass(slots=True)
class _Work:
    act: Callable[[Session], Any]
    order: int
    future: asyncio.Future[Any]


@dataclass(slots=True)
class _Gate:
    marks: Sequence[Reached]
    future: asyncio.Future[list[bool]] | None = None
    """None: nobody waits for the answer."""


@dataclass(slots=True)
class _Gathered:
    """What waits for the next commit, with the futures of those who wait for it."""

    batch: Batch = field(default_factory=Batch)
    gates: list[_Gate] = field(default_factory=list)
    settlements: list[asyncio.Future[None]] = field(default_factory=list)
    returns: list[asyncio.Future[None]] = field(default_factory=list)
    works: list[_Work] = field(default_factory=list)

    def is_empty(self) -> bool:
        batch = self.batch
        kinds = (batch.reached, batch.ended, batch.settled, batch.returned)
        return not (any(kinds) or self.works)


class Ledger:
    """The writer of one worker; `begin`, `end`, … are called on the worker's event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._gathered = _Gathered()
        self._condition = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def begin(self, mark: Reached) -> None:
        """Notes that an attempt begins; written before anything that is put in later."""
        with self._condition:
            self._gathered.batch.reached.append(mark)
            self._gathered.gates.append(_Gate((mark,)))
            self._condition.notify()

    def end(self, mark: Ended) -> None:
        """Notes how an attempt ended."""
        with self._condition:
            self._gathered.batch.ended.append(mark)
            self._condition.notify()

    async def hand_over(self, marks: Sequence[Reached]) -> list[bool]:
        """Durably marks the hand-over of the deliveries of one mail.

        False for each delivery that the worker has lost.
        """
        future: asyncio.Future[list[bool]] = self._loop.create_future()
        with self._condition:
            self._gathered.batch.reached.extend(marks)
            self._gathered.gates.append(_Gate(marks, future))
            self._condition.notify()
        return await future

    async def settle(self, mark: Settled) -> None:
        """Returns once the decision on a delivery is durable."""
        future: asyncio.Future[None] = self._loop.create_future()
        with self._condition:
            self._gathered.batch.settled.append(mark)
            self._gathered.settlements.append(future)
            self._condition.notify()
        await future

    async def give_back(self, mark: Returned) -> None:
        """Returns once a delivery is durably back in the queue."""
        future: asyncio.Future[None] = self._loop.create_future()
        with self._condition:
            self._gathered.batch.returned.append(mark)
            self._gathered.returns.append(future)
            self._condition.notify()
        await future

    async def run(self, act: Callable[[Session], T], *, provider_id: int = LAST) -> T:
        """Runs `act` in the next transaction; it may run again when a commit was lost.

        `provider_id`: whose rows it locks. All workers lock them in this order, and so never wait
        for each other in a circle.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        with self._condition:
            self._gathered.works.append(_Work(act, provider_id, future))
            self._condition.notify()
        return await future

    def post(
        self,
        act: Callable[[Session], T],
        *,
        provider_id: int,
        then: Callable[[T], None] = lambda _: None,
    ) -> None:
        """Runs `act` like `run`; nobody waits, `then` is told the answer."""

        def answered(done: asyncio.Future[T]) -> None:
            if not done.cancelled() and done.exception() is None:
                then(done.result())

        future: asyncio.Future[T] = self._loop.create_future()
        future.add_done_callback(answered)
        with self._condition:
            self._gathered.works.append(_Work(act, provider_id, future))
            self._condition.notify()

    def close(self) -> None:
        """Writes what has gathered, then ends the thread."""
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_closing or not self._gathered.is_empty())
                if self._gathered.is_empty():
                    return
                gathered, self._gathered = self._gathered, _Gathered()
            gathered.works.sort(key=lambda work: work.order)
            self._write(gathered)

    def _write(self, gathered: _Gathered) -> None:
        try:
            held, answers = self._commit(gathered)
        except Exception as error:  # noqa: BLE001  (one bad mark must not stop the worker)
            self._write_apart(gathered, error)
            return
        self._loop.call_soon_threadsafe(_answer, gathered, held, answers)

    def _commit(self, gathered: _Gathered) -> tuple[Held, list[Any]]:
        """One transaction, repeated until the database takes it."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                with session_for(self._engine) as session:
                    held = write_batch(session, gathered.batch)
                    answers = [work.act(session) for work in gathered.works]
                    session.commit()
                    return held, answers
            except Exception as error:
                if not is_passing(error) or self._is_closing:
                    raise
                log.warning("database_busy", error=str(error)[:300], retry_in_s=pause_s)
                threading.Event().wait(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _write_apart(self, gathered: _Gathered, error: Exception) -> None:
        """Each mark in a transaction of its own, so that a bad one harms only itself."""
        parts = _parts(gathered)
        if len(parts) == 1:
            log.error("mark_not_written", error=str(error)[:300])
            self._loop.call_soon_threadsafe(_refuse, gathered, error)
            return
        for part in parts:
            self._write(part)


def _parts(gathered: _Gathered) -> list[_Gathered]:
    batch = gathered.batch
    return [
        *(_Gathered(Batch(reached=list(gate.marks)), gates=[gate]) for gate in gathered.gates),
        *(_Gathered(Batch(ended=[mark])) for mark in batch.ended),
        *(
            _Gathered(Batch(settled=[mark]), settlements=[future])
            for mark, future in zip(batch.settled, gathered.settlements, strict=True)
        ),
        *(
            _Gathered(Batch(returned=[mark]), returns=[future])
            for mark, future in zip(batch.returned, gathered.returns, strict=True)
        ),
        *(_Gathered(works=[work]) for work in gathered.works),
    ]


def _answer(gathered: _Gathered, held: Held, answers: list[Any]) -> None:
    for gate in gathered.gates:
        if gate.future is not None:
            answer = [(mark.delivery_id, mark.token) in held for mark in gate.marks]
            _resolve(gate.future, answer)
    for done in (*gathered.settlements, *gathered.returns):
        _resolve(done, None)
    for work, answer in zip(gathered.works, answers, strict=True):
        _resolve(work.future, answer)


def _resolve(future: asyncio.Future[Any], answer: object) -> None:
    if not future.done():
        future.set_result(answer)


def _refuse(gathered: _Gathered, error: Exception) -> None:
    works = [work.future for work in gathered.works]
    gates = [gate.future for gate in gathered.gates if gate.future is not None]
    waiting: list[asyncio.Future[Any]] = [
        *gates,
        *gathered.settlements,
        *gathered.returns,
        *works,
    ]
    for future in waiting:
        if not future.done():
            future.set_exception(error)

"""The removal of what has been kept long enough, by one worker, beside its other upkeep.

It goes in small transactions with pauses between them, so that whoever sends or takes in mail has
the database most of the time; nothing is begun while the clocks do not agree.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from panel.domain.delivery import Stream
from panel.domain.retention import Retention, ended_by
from panel.sending.clock import Clock, clock_s
from panel.sending.portion import Portion
from panel.storage.database import Engine, Session, session_for
from panel.storage.queries import leftovers
from panel.storage.queries.retention import retentions
from panel.storage.queue import leases, timekeeping
from panel.storage.queue.removal import Part, Place, find, remove
from panel.storage.queue.unused_contents import find_unused, remove_unused

log = structlog.get_logger(__name__)
EVERY_S = 60.0
"""Seconds between two looks."""
LOOKED_AT = 500
"""Deliveries that are looked through at once."""
AT_MOST_S = 0.02
"""A transaction whose statements take longer is followed by smaller ones; its commit takes as long
whatever is in it.
"""
LEAST, MOST = 50, 500
"""Mails that go by one transaction."""
REST = 3.0
"""Pauses are so many times as long as the work between them."""
AGAIN_S = timedelta(days=7).total_seconds()
"""All that ended is looked through anew after so many seconds, for contents that were passed over:
their mail was being changed, or was ended by a clock that was behind. So are all contents, for
those that no mail refers to.
"""
CONTENTS_LOOKED_AT = 2000
"""Contents that are looked through at once."""


class Removal:
    """What one worker has looked through; it forgets that when it ends."""

    def __init__(
        self, engine: Engine, *, worker_id: str, clock: Clock, stopping: threading.Event
    ) -> None:
        """`stopping` cuts pauses short and ends the work after the present transaction."""
        self._engine = engine
        self._worker_id = worker_id
        self._clock = clock
        self._stopping = stopping
        self._witness = timekeeping.Witness()
        self._places: dict[Stream, Place] = {}
        self._after: bytes | None = b""
        """The content behind which those without mail are looked for; None: all are done."""
        self._anew_at_s = clock_s() + AGAIN_S
        self._next_at_s = 0.0
        self._portion = Portion(least=LEAST, most=MOST, at_most_s=AT_MOST_S)

    def turn(self) -> bool:
        """Looks for what may go when it is time for that; always goes on."""
        if clock_s() >= self._next_at_s and self._clock.is_steady and self._is_mine():
            self.run()
            self._next_at_s = clock_s() + EVERY_S
        return True

    def run(self) -> int:
        """Removes all that may go; the number of mails that lost something."""
        until = self._age_counts_until()
        self._purge_leftovers(until)
        with Session(self._engine) as session:
            kept = retentions(session)
        if clock_s() >= self._anew_at_s:
            self._places.clear()
            self._after = b""
            self._anew_at_s = clock_s() + AGAIN_S
        self._purge_unused()
        return sum(self._of_stream(stream, kept[stream], until) for stream in Stream)

    def _is_mine(self) -> bool:
        """One worker does it: of those that count as alive the first by its id."""
        with Session(self._engine) as session:
            alive = [sign.worker_id for sign in leases.signs(session) if not sign.is_dead]
        return self._worker_id == min(alive, default="")

    def _age_counts_until(self) -> datetime:
        with session_for(self._engine) as session:
            now = self._clock.now()
            timekeeping.keep(session, self._witness, now=now, at_s=clock_s())
            until = timekeeping.age_counts_until(session, now=now)
            session.commit()
        return until

    def _purge_leftovers(self, until: datetime) -> None:
        while not self._stopping.is_set():
            began_s = clock_s()
            with session_for(self._engine) as session:
                gone = leftovers.purge(session, now=until)
                session.commit()
            if not gone:
                return
            self._pause(clock_s() - began_s)

    def _purge_unused(self) -> None:
        """Removes contents without mail; which clock is right does not matter to them."""
        removed = 0
        while self._after is not None and not self._stopping.is_set():
            began_s = clock_s()
            with Session(self._engine) as session:
                found = find_unused(session, after=self._after, most=CONTENTS_LOOKED_AT)
            self._pause(clock_s() - began_s)
            for first in range(0, len(found.digests), LEAST):
                removed += self._remove_unused(found.digests[first : first + LEAST])
            self._after = found.after
        if removed:
            log.info("contents_removed", contents=removed)

    def _remove_unused(self, digests: Sequence[bytes]) -> int:
        began_s = clock_s()
        with session_for(self._engine) as session:
            removed = remove_unused(session, digests)
            session.commit()
        self._pause(clock_s() - began_s)
        return removed

    def _of_stream(self, stream: Stream, kept: Retention, until: datetime) -> int:
        total = 0
        for part, days in ((Part.BODY, kept.bodies_days), (Part.ALL, kept.mails_days)):
            last = ended_by(days, until=until)
            removed = 0 if last is None else self._of_part(stream, part, last)
            if removed:
                log.info("mail_removed", stream=stream.value, part=part.value, mails=removed)
            total += removed
        return total

    def _of_part(self, stream: Stream, part: Part, until: datetime) -> int:
        """Mails that were removed are not there any more; contents are not looked for twice."""
        place: Place | None = self._places.get(stream) if part is Part.BODY else None
        place = place or Place()
        removed = 0
        while not self._stopping.is_set() and self._clock.is_steady:
            began_s = clock_s()
            with Session(self._engine) as session:
                found = find(session, stream, part, until=until, after=place, most=LOOKED_AT)
            self._pause(clock_s() - began_s)
            removed += self._remove(part, found.ids, until)
            if self._stopping.is_set() or found.place is None:
                break
            place = found.place
            if part is Part.BODY:
                self._places[stream] = place
        return removed

    def _remove(self, part: Part, ids: tuple[str, ...], until: datetime) -> int:
        removed = first = 0
        while first < len(ids) and not self._stopping.is_set():
            some = ids[first : first + self._portion.size]
            with session_for(self._engine) as session:
                session.connection()  # Waits for its turn.
                began_s = clock_s()
                removed += remove(session, part, some, until=until, now=self._clock.now())
                took_s = clock_s() - began_s
                session.commit()
            first += len(some)
            self._portion.fit(took_s)
            self._pause(clock_s() - began_s)
        return removed

    def _pause(self, worked_s: float) -> None:
        self._stopping.wait(worked_s * REST)

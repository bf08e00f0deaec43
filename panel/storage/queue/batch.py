"""What one commit of a worker writes: all marks that gathered while the last one was under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from panel.domain.delivery import DeliveryState, Phase
from panel.storage.queue.attempts import take_off_announced, write_ended, write_reached
from panel.storage.queue.locks import lock_deliveries
from panel.storage.queue.marks import Ended, Reached, Returned, Settled
from panel.storage.queue.progress import Held, note_reached, write_returned, write_settled
from panel.storage.queue.sqlite_marks import paired, write_closings, write_steps
from panel.storage.queue.sqlite_turn import SqliteTurn
from panel.storage.queue.transcripts import write_transcripts
from panel.storage.queue.turn import Turn

_PHASES = tuple(Phase)


@dataclass(slots=True)
class Batch:
    """Marks in the order of their kinds: how far attempts got, what ended, what left.

    An attempt that ends is thus written while its worker still holds the delivery.
    """

    reached: list[Reached] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.reached or self.ended or self.settled or self.returned)


def write_marks(own: Turn, batch: Batch) -> Callable[[], Held]:
    """Writes all marks; tells after the turn which deliveries of those that got further the worker
    still holds.
    """
    lock_deliveries(own, _ids(batch))
    held = _write_reached(own, batch.reached)
    if isinstance(own, SqliteTurn):
        pairs, ended, settled = paired(batch.ended, batch.settled)
        _write_left(own, ended, settled, batch.returned)
        write_closings(own, pairs)
    else:
        _write_left(own, batch.ended, batch.settled, batch.returned)
    return held


def _write_reached(own: Turn, marks: Sequence[Reached]) -> Callable[[], Held]:
    if not marks:
        return frozenset
    furthest = _furthest(marks)
    latest = _latest(furthest)
    if isinstance(own, SqliteTurn):
        return write_steps(own, furthest, latest)
    held = note_reached(own, latest)
    write_reached(own, furthest)
    return held


def _write_left(
    own: Turn, ended: Sequence[Ended], settled: Sequence[Settled], returned: Sequence[Returned]
) -> None:
    if ended:
        write_ended(own, ended)
        write_transcripts(own, ended)
    announced = [mark for mark in settled if mark.decision.state is not DeliveryState.SENT]
    if announced or returned:
        take_off_announced(own, [*announced, *returned])
    if settled:
        write_settled(own, settled)
    if returned:
        write_returned(own, returned)


def _furthest(marks: Iterable[Reached]) -> list[Reached]:
    """For each attempt the mark that says most: the furthest one of the provider named last."""
    found: dict[tuple[int, str, int], Reached] = {}
    for mark in marks:
        key = (mark.delivery_id, mark.token, mark.number)
        before = found.get(key)
        if before is None or mark.provider_id != before.provider_id or _is_further(mark, before):
            found[key] = mark
    return list(found.values())


def _is_further(mark: Reached, before: Reached) -> bool:
    return _PHASES.index(mark.phase) >= _PHASES.index(before.phase)


def _latest(marks: Iterable[Reached]) -> list[Reached]:
    """For each delivery the mark of its latest attempt."""
    found: dict[tuple[int, str], Reached] = {}
    for mark in marks:
        key = (mark.delivery_id, mark.token)
        before = found.get(key)
        if before is None or mark.number >= before.number:
            found[key] = mark
    return list(found.values())


def _ids(batch: Batch) -> list[int]:
    kinds: tuple[Iterable[Reached | Ended | Settled | Returned], ...] = (
        batch.reached,
        batch.ended,
        batch.settled,
        batch.returned,
    )
    return [mark.delivery_id for marks in kinds for mark in marks]

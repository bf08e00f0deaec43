"""What one commit of a worker writes: all marks that gathered while the last one was under way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from panel.domain.delivery import DeliveryState, Phase
from panel.storage.database import Session
from panel.storage.queue.attempts import take_off_announced, write_ended, write_reached
from panel.storage.queue.locks import lock_deliveries
from panel.storage.queue.marks import Ended, Reached, Returned, Settled
from panel.storage.queue.progress import Held, note_reached, write_returned, write_settled

_PHASES = tuple(Phase)
_NONE: Held = frozenset()


@dataclass(slots=True)
class Batch:
    """Marks in the order of their kinds: how far attempts got, what ended, what left.

    An attempt that ends is thus written while its worker still holds the delivery.
    """

    reached: list[Reached] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)


def write_batch(session: Session, batch: Batch) -> Held:
    """Writes all marks; which deliveries of those that got further the worker still holds.

    Repeating the same batch changes nothing more, so it may be written again after a commit
    whose answer was lost.
    """
    lock_deliveries(session, _ids(batch))
    furthest = _furthest(batch.reached)
    held = note_reached(session, _latest(furthest)) if furthest else _NONE
    if furthest:
        write_reached(session, furthest)
    if batch.ended:
        write_ended(session, batch.ended)
    announced = [mark for mark in batch.settled if mark.decision.state is not DeliveryState.SENT]
    if announced or batch.returned:
        take_off_announced(session, [*announced, *batch.returned])
    if batch.settled:
        write_settled(session, batch.settled)
    if batch.returned:
        write_returned(session, batch.returned)
    return held


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


def _ids(batch: Batch) -> Iterator[int]:
    kinds: tuple[Iterable[Reached | Ended | Settled | Returned], ...] = (
        batch.reached,
        batch.ended,
        batch.settled,
        batch.returned,
    )
    return (mark.delivery_id for marks in kinds for mark in marks)

"""What one commit of a worker writes: all marks that gathered while the last one was under way."""

from __future__ import annotations

from dataclasses import dataclass, field

from panel.storage.database import Session
from panel.storage.queue.attempts import write_began, write_ended
from panel.storage.queue.marks import Began, Ended, HandingOver, Returned, Settled
from panel.storage.queue.progress import write_handing_over, write_returned, write_settled


@dataclass(slots=True)
class Batch:
    """Marks in the order of their kinds: what began, what ended, what is handed over, what left.

    An attempt that ends is thus written while its worker still holds the delivery.
    """

    began: list[Began] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    handing_over: list[HandingOver] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)


def write_batch(session: Session, batch: Batch) -> list[bool]:
    """Writes all marks; tells for each hand-over whether the worker still holds the delivery.

    Repeating the same batch changes nothing more, so it may be written again after a commit
    whose answer was lost.
    """
    if batch.began:
        write_began(session, batch.began)
    if batch.ended:
        write_ended(session, batch.ended)
    held = write_handing_over(session, batch.handing_over) if batch.handing_over else []
    if batch.settled:
        write_settled(session, batch.settled)
    if batch.returned:
        write_returned(session, batch.returned)
    return held

"""What people do with many deliveries of the queue at once, and how such work stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from panel.domain.ruling import Choice


class QueueAct(StrEnum):
    """Something that is done alike to many deliveries; each takes those that it fits."""

    RETRY = "retry"
    """They are due at once, held ones too."""
    RELEASE = "release"
    """Held ones are due again; all others stay as they are."""
    HOLD = "hold"
    CANCEL = "cancel"
    DELETE = "delete"
    SEND_AGAIN = "send_again"
    COUNT_AS_SENT = "count_as_sent"
    GIVE_UP = "give_up"


RULED: dict[QueueAct, Choice] = {
    QueueAct.RETRY: Choice.SEND_NOW,
    QueueAct.RELEASE: Choice.SEND_NOW,
    QueueAct.HOLD: Choice.HOLD,
    QueueAct.CANCEL: Choice.CANCEL,
    QueueAct.SEND_AGAIN: Choice.SEND_AGAIN,
    QueueAct.COUNT_AS_SENT: Choice.COUNT_AS_SENT,
    QueueAct.GIVE_UP: Choice.GIVE_UP,
}
"""The decision that an act makes about each delivery; deleting makes none."""

AUDITED: dict[QueueAct, str] = {
    QueueAct.RETRY: "queue.retried",
    QueueAct.RELEASE: "queue.released",
    QueueAct.HOLD: "queue.held",
    QueueAct.CANCEL: "queue.cancelled",
    QueueAct.DELETE: "queue.deleted",
    QueueAct.SEND_AGAIN: "queue.sent_again",
    QueueAct.COUNT_AS_SENT: "queue.counted_as_sent",
    QueueAct.GIVE_UP: "queue.given_up",
}
"""The names of the acts in the audit."""


class JobState(StrEnum):
    """How a job stands; a worker moves it unless something else is said."""

    WAITING = "waiting"
    """No worker has begun."""
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """A person stopped it; what was changed before stays changed."""
    REFUSED = "refused"
    """Whoever asked for it may not do that any more."""
    FAILED = "failed"
    """It met the same fault again and again."""


OPEN_STATES = frozenset({JobState.WAITING, JobState.RUNNING})
MOST_FAILURES = 5
"""Faults in a row after which a job is given up."""
KEPT = timedelta(days=90)
"""How long a job that has ended can be looked at; a worker removes it then."""


@dataclass(frozen=True, slots=True)
class Left:
    """Deliveries that an act left as they were, by why."""

    being_sent: int = 0
    undecided: int = 0
    """Unconfirmed: a person decides about them."""
    unfit: int = 0
    """Already as the act would make them, or not to be treated so."""
    ended: int = 0
    """Ended, deleted or moved on before their turn."""

    @property
    def total(self) -> int:
        """All that were left."""
        return self.being_sent + self.undecided + self.unfit + self.ended

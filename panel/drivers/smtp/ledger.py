"""The bookkeeping of one mail transaction: which reply speaks for which recipient."""

from __future__ import annotations

from typing import cast

from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply
from panel.domain.smtp_outcomes import classify
from panel.drivers.smtp.conversation import Heard, refusal
from panel.drivers.smtp.envelope import Envelope
from panel.drivers.smtp.habits import Habits
from panel.drivers.trouble import Trouble

_DATA, _RCPT = Stage.DATA, Stage.RCPT


class Ledger:
    """What became of each recipient so far, and of the transaction as a whole."""

    __slots__ = (
        "_count",
        "_final",
        "_heard",
        "_like",
        "_places",
        "_refused",
        "is_ready",
        "trouble",
    )

    def __init__(self, count: int, envelope: Envelope, like: Habits) -> None:
        """For `count` recipients, some of them out already because they cannot be named.

        `like` remembers what the server's usual yes means.
        """
        self._count = count
        self._like = like
        self._places = envelope.places
        self._refused = dict(envelope.unnameable)
        self._heard = 0
        self.is_ready = False
        """The server waits for content (354), or took the first chunk of it."""
        self.trouble: Trouble | None = None
        """The fate of all who were not refused by themselves."""
        self._final: Reply | None = None

    @property
    def has_recipients(self) -> bool:
        """Whether somebody was not refused."""
        return len(self._refused) < self._count

    def book(self, stages: tuple[Stage, ...], heard: Heard, *, ready: int = 3) -> None:
        """Enters the replies to the commands of `stages`, in order, as far as they came.

        The one to DATA must begin with the digit `ready`. After a refused MAIL the replies to
        RCPT say nothing about the recipients.
        """
        for stage, reply in zip(stages, heard.replies, strict=False):
            wanted = ready if stage is _DATA else 2
            is_refused = reply.code // 100 != wanted
            trouble = refusal(stage, reply, wanted=wanted) if is_refused else None
            self.is_ready = stage is _DATA and not is_refused
            if stage is _RCPT:
                self._book_recipient(trouble)
            elif trouble is not None:
                self.trouble = self.trouble or trouble
        self.trouble = self.trouble or heard.trouble

    def finish(self, heard: Heard) -> None:
        """Enters the answer to the content."""
        self._final = heard.replies[0] if heard.replies else None
        refused = refusal(Stage.FINAL, self._final) if self._final else None
        self.trouble = self.trouble or heard.trouble or refused

    def outcomes(self, *, is_reused: bool) -> tuple[Outcome, ...]:
        """The end of it, one per recipient; a shared fate is one shared value."""
        if not self._refused:
            return (self._shared(is_reused=is_reused),) * self._count
        fates = [self._refused.get(place) for place in range(self._count)]
        shared = self._shared(is_reused=is_reused) if None in fates else None
        return tuple(
            judge(fate, is_reused=is_reused) if fate else cast("Outcome", shared) for fate in fates
        )

    def _book_recipient(self, trouble: Trouble | None) -> None:
        place = self._places[self._heard]
        self._heard += 1
        if trouble is None or self.trouble is not None:
            return
        if trouble.fault is Fault.REPLY:
            self._refused[place] = trouble
        else:
            self.trouble = trouble

    def _shared(self, *, is_reused: bool) -> Outcome:
        if self.trouble is not None:
            return judge(self.trouble, is_reused=is_reused)
        like = self._like
        if like.accepted is None or like.accepted.reply != self._final:
            like.accepted = classify(Stage.FINAL, Fault.REPLY, self._final)
        return like.accepted


def judge(trouble: Trouble, *, is_reused: bool = False) -> Outcome:
    """What a trouble means, by the outcome table."""
    return classify(
        trouble.stage, trouble.fault, trouble.reply, detail=trouble.detail, is_reused=is_reused
    )

"""The bookkeeping of one mail transaction: which reply speaks for which recipient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply
from panel.domain.smtp_outcomes import classify
from panel.drivers.smtp.conversation import Heard, refusal
from panel.drivers.smtp.envelope import Command
from panel.drivers.trouble import Trouble


class Ledger:
    """What became of each recipient so far, and of the transaction as a whole."""

    def __init__(self, count: int, refused: dict[int, Trouble]) -> None:
        """For `count` recipients, some of them, by their place, out already."""
        self._count = count
        self._refused = dict(refused)
        self.is_ready = False
        """The server answered 354: it waits for content."""
        self.trouble: Trouble | None = None
        """The fate of all who were not refused by themselves."""
        self._final: Reply | None = None

    @property
    def has_recipients(self) -> bool:
        """Whether somebody was not refused."""
        return len(self._refused) < self._count

    def book(self, commands: Sequence[Command], heard: Heard) -> None:
        """Enters the replies to `commands`, in order, as far as they came.

        After a refused MAIL the replies to RCPT say nothing about the recipients.
        """
        for command, reply in zip(commands, heard.replies, strict=False):
            is_data = command.stage is Stage.DATA
            trouble = refusal(command.stage, reply, wanted=3 if is_data else 2)
            self.is_ready = is_data and trouble is None
            if trouble is None or self.trouble is not None:
                continue
            if command.stage is Stage.RCPT and trouble.fault is Fault.REPLY:
                self._refused[command.place] = trouble
            else:
                self.trouble = trouble
        self.trouble = self.trouble or heard.trouble

    def finish(self, heard: Heard) -> None:
        """Enters the answer to the content."""
        self._final = heard.replies[0] if heard.replies else None
        refused = refusal(Stage.FINAL, self._final) if self._final else None
        self.trouble = self.trouble or heard.trouble or refused

    def outcomes(self, *, is_reused: bool) -> tuple[Outcome, ...]:
        """The end of it, one per recipient; a shared fate is one shared value."""
        fates = [self._refused.get(place) for place in range(self._count)]
        shared = self._shared(is_reused=is_reused) if None in fates else None
        return tuple(
            judge(fate, is_reused=is_reused) if fate else cast("Outcome", shared) for fate in fates
        )

    def _shared(self, *, is_reused: bool) -> Outcome:
        if self.trouble is not None:
            return judge(self.trouble, is_reused=is_reused)
        return classify(Stage.FINAL, Fault.REPLY, self._final)


def judge(trouble: Trouble, *, is_reused: bool = False) -> Outcome:
    """What a trouble means, by the outcome table."""
    return classify(
        trouble.stage, trouble.fault, trouble.reply, detail=trouble.detail, is_reused=is_reused
    )

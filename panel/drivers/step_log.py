"""Times the steps of a live test and reports each the moment it ends."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from panel.domain.connection_test import Step, StepStatus
from panel.domain.outcome import Fault
from panel.domain.reply import Reply
from panel.drivers.trouble import Trouble


class StepLog:
    """The steps that have ended, in order; the next one began when the last one ended."""

    def __init__(self, report: Callable[[Step], None]) -> None:
        """`report` is told of each step."""
        self.steps: list[Step] = []
        self.trouble: Trouble | None = None
        """What made the test fail."""
        self.failed_step = ""
        self._report = report
        self._began_at = perf_counter()

    def end(
        self, name: str, status: StepStatus, *, detail: str = "", reply: Reply | None = None
    ) -> None:
        """A step is over."""
        now = perf_counter()
        ms = 0 if status is StepStatus.SKIPPED else round((now - self._began_at) * 1000)
        self._began_at = now
        self._add(Step(name, status, ms, detail, str(reply) if reply else ""))

    def fail(self, name: str, trouble: Trouble) -> None:
        """A step failed, and with it the test."""
        self.trouble = trouble
        self.failed_step = name
        self.end(name, StepStatus.FAILED, detail=_detail(trouble), reply=trouble.reply)

    def has(self, name: str) -> bool:
        """Whether a step of that name has ended."""
        return any(step.name == name for step in self.steps)

    def _add(self, step: Step) -> None:
        self.steps.append(step)
        self._report(step)


def _detail(trouble: Trouble) -> str:
    """A refusal speaks for itself."""
    return "" if trouble.fault is Fault.REPLY else trouble.detail

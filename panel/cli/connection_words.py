"""Connection tests in words and in JSON, as commands print them."""

from __future__ import annotations

from panel.domain.connection_test import ConnectionTest, Step, StepStatus
from panel.services import connection_tests
from panel.services.explanations import explain

MARKS = {
    StepStatus.OK: "ok",
    StepStatus.FAILED: "FAILED",
    StepStatus.SKIPPED: "skipped",
    StepStatus.WARNING: "warning",
}


def step_line(step: Step) -> str:
    """One step with its time and what the server said."""
    said = step.reply or step.detail
    return f"{MARKS[step.status]:<8}{step.name:<10}{step.ms:>6} ms  {said}".rstrip()


def cause(result: ConnectionTest) -> str:
    """What happened, what to do, and the server's own words; empty when nothing failed."""
    fault = result.error
    if fault is None:
        return ""
    words, said = explain(fault.rule), fault.reply or fault.detail
    where = f"The test failed at {fault.step}: {said}" if said else f"It failed at {fault.step}."
    return f"{words.cause} {words.advice}\n{where}"


def answer(result: ConnectionTest) -> dict[str, object]:
    """The test as programs get it."""
    words = explain(result.error.rule) if result.error else None
    return connection_tests.answer(
        result, message=words.cause if words else "", advice=words.advice if words else ""
    )

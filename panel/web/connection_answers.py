"""A finished connection test in words: for pages, for the stream and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from panel.domain.connection_test import (
    AuthDetails,
    ConnectionParameters,
    ConnectionTest,
    Step,
    TlsDetails,
)
from panel.services.connection_tests import answer
from panel.web.explanations import explain


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a test failed: what happened, what to do, and what the server said."""

    step: str
    message: str
    advice: str
    reply: str


@dataclass(frozen=True, slots=True)
class ExplainedTest:
    """A test as the templates of `connection_tests/` show it."""

    ok: bool
    connection: ConnectionParameters
    steps: tuple[Step, ...]
    extensions: tuple[str, ...]
    tls: TlsDetails | None
    auth: AuthDetails | None
    error: Fault | None
    transcript: tuple[str, ...]


def explained(test: ConnectionTest) -> ExplainedTest:
    """The test with its fault in the words of the reader's language."""
    return ExplainedTest(
        ok=test.ok,
        connection=test.connection,
        steps=test.steps,
        extensions=test.extensions,
        tls=test.tls,
        auth=test.auth,
        error=_fault(test),
        transcript=test.transcript,
    )


def as_json(test: ConnectionTest) -> dict[str, Any]:
    """The answer for programs."""
    fault = _fault(test)
    return answer(
        test, message=fault.message if fault else "", advice=fault.advice if fault else ""
    )


def _fault(test: ConnectionTest) -> Fault | None:
    if test.error is None:
        return None
    words = explain(test.error.rule)
    return Fault(
        step=test.error.step,
        message=str(words.cause),
        advice=str(words.advice),
        reply=test.error.reply or test.error.detail,
    )

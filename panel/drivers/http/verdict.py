"""From an answer, or from none, to the outcome of each recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain import http_outcomes
from panel.domain.http_rules import HttpRule
from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply
from panel.domain.smtp_outcomes import classify
from panel.drivers.http.exchange import Answer
from panel.drivers.http.masking import masked
from panel.drivers.http.vendor import Said, Vendor
from panel.drivers.trouble import Trouble

ACCEPTED = "api_accepted"
WITHOUT_ID = "api_accepted_without_id"
IN_TURN = "api_recipients_in_turn"
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one call of one vendor; `secrets` are masked in all that it repeats."""

    vendor: Vendor
    secrets: tuple[str, ...]

    def trouble(self, trouble: Trouble, *, is_reused: bool = False) -> Outcome:
        """What a call comes to that got no answer."""
        detail = masked(trouble.detail, self.secrets)
        return classify(trouble.stage, trouble.fault, detail=detail, is_reused=is_reused)

    def outcomes(
        self, answer: Answer, recipients: Sequence[str], *, now: datetime
    ) -> tuple[Outcome, ...]:
        """One outcome per recipient, in their order."""
        said = self.vendor.read(answer, recipients)
        row = self.row(answer, said)
        if row is None:
            unread = classify(Stage.FINAL, Fault.PROTOCOL, detail=f"Status {answer.status}")
            return (unread,) * len(recipients)
        is_taken = answer.status < 300
        return tuple(
            self._outcome(_of(each, said, row, is_taken=is_taken), answer, _for(each, said), now)
            for each in recipients
        )

    def row(self, answer: Answer, said: Said) -> HttpRule | None:
        """The row of the whole answer."""
        row = http_outcomes.row_for(
            answer.status, name=said.name, text=said.text, meanings=self.vendor.meanings
        )
        if row is not None and row.name == ACCEPTED and not said.reference:
            return http_outcomes.rule(WITHOUT_ID)
        return row

    def reply(self, answer: Answer, said: Said) -> Reply:
        """The answer as logs and screens show it."""
        text = said.text or ("" if said.name else answer.phrase)
        words = " ".join(part for part in (said.name, text) if part)
        return Reply(answer.status, (masked(words, self.secrets)[:_LONGEST_TEXT],))

    def _outcome(self, row: HttpRule, answer: Answer, said: Said, now: datetime) -> Outcome:
        is_sent = row.name in (ACCEPTED, WITHOUT_ID)
        wait_s = None
        if not is_sent:
            wait_s = said.retry_after_s or answer.retry_after_s(now)
        return http_outcomes.outcome(
            row,
            reply=self.reply(answer, said),
            reference=masked(said.reference, self.secrets)[:200] if is_sent else "",
            retry_after_s=wait_s,
            pause_s=answer.pause_s(now) if is_sent else None,
        )


def _for(recipient: str, said: Said) -> Said:
    return replace(said, reference=said.references.get(recipient, said.reference))


def _of(recipient: str, said: Said, row: HttpRule, *, is_taken: bool) -> HttpRule:
    """Who is named gets the row it is named with; the others of a call that failed go again."""
    if recipient in said.blamed:
        return http_outcomes.rule(said.blamed[recipient])
    if said.blamed and not is_taken:
        return http_outcomes.rule(IN_TURN)
    return row

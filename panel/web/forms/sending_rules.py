"""The form of the sending rules of one kind of mail; the page holds one for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # its stubs lack SelectChoice
    Form,
    RadioField,
    SelectChoice,
    StringField,
)

from panel.domain.delivery import Stream, StreamPolicy, UnconfirmedPolicy
from panel.services.sending_rules import rule_errors
from panel.web.forms.provider import WholeNumberField

UNCONFIRMED = {
    UnconfirmedPolicy.RESEND: _l("Send it again"),
    UnconfirmedPolicy.HOLD: _l("Wait for a person"),
    UnconfirmedPolicy.ASSUME_SENT: _l("Count it as sent"),
}
HINTS = {
    UnconfirmedPolicy.RESEND: _l(
        "The recipient may get a second copy. It goes to the same provider with the same "
        "Message-ID, once; if that answer is lost as well, a person decides."
    ),
    UnconfirmedPolicy.HOLD: _l(
        "Nothing happens until somebody decides in the queue. Until then the mail may be missing."
    ),
    UnconfirmedPolicy.ASSUME_SENT: _l(
        "It is not repeated. The mail may be missing at the recipient, and nobody is asked."
    ),
}
_BETWEEN = re.compile(r"[,;\s]+")


class RulesForm(Form):
    """The rules of one kind of mail as they are posted; the names begin with the stream."""

    unconfirmed = RadioField(
        _l("When the answer of the provider is lost"),
        choices=[SelectChoice(str(word), label) for word, label in UNCONFIRMED.items()],
    )
    delay = WholeNumberField(_l("Seconds until that is done"))
    schedule = StringField(_l("Minutes between the tries"))
    expires = WholeNumberField(_l("Hours until it is given up"))

    def check(self) -> StreamPolicy | None:
        """The rules that were entered; None when a field is wrong, each then says what."""
        self.validate()
        if self.unconfirmed.errors:
            self.unconfirmed.errors = [gettext("Choose one of the three.")]
            return None
        policy = self._policy()
        for name, message in rule_errors(policy).items():
            if not self[name].errors:
                self[name].errors = [gettext(message)]
        return None if self.errors else policy

    def _policy(self) -> StreamPolicy:
        """As entered; what is no number becomes one that is not allowed."""
        delay, expires = self.delay.data, self.expires.data
        return StreamPolicy(
            unconfirmed=UnconfirmedPolicy(self.unconfirmed.data),
            unconfirmed_delay=timedelta(seconds=-1 if delay is None else _at_most(delay)),
            expires_after=timedelta(hours=_at_most(expires or 0)),
            schedule=tuple(map(_minutes, _BETWEEN.split((self.schedule.data or "").strip()))),
        )


def empty_forms(values: MultiDict[str, str]) -> dict[Stream, RulesForm]:
    """A form for each kind of mail, filled in from what was posted."""
    return {stream: RulesForm(values, prefix=f"{stream}-") for stream in Stream}


def filled_forms(policies: Mapping[Stream, StreamPolicy]) -> dict[Stream, RulesForm]:
    """A form for each kind of mail, filled in with what holds."""
    return {
        stream: RulesForm(
            prefix=f"{stream}-",
            unconfirmed=policy.unconfirmed.value,
            delay=int(policy.unconfirmed_delay.total_seconds()),
            schedule=minutes_text(policy.schedule),
            expires=int(policy.expires_after.total_seconds() // 3600),
        )
        for stream, policy in policies.items()
    }


def minutes_text(schedule: Sequence[timedelta]) -> str:
    """The pauses as they are entered."""
    return ", ".join(f"{pause.total_seconds() / 60:g}" for pause in schedule)


def _minutes(text: str) -> timedelta:
    is_number = text.isascii() and text.isdigit() and len(text) <= 6
    return timedelta(minutes=int(text) if is_number else 0)


def _at_most(number: int) -> int:
    """What is far too large stays too large, and fits into a duration."""
    return min(number, 10**6)

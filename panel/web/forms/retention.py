"""The form of how long one kind of mail is kept; the page holds one for each."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import Form

from panel.domain.delivery import Stream
from panel.domain.retention import Retention
from panel.services.retention import LONGEST_DAYS, retention_errors
from panel.web.forms.provider import WholeNumberField


class RetentionForm(Form):
    """Days as they are posted; the names begin with the stream, nothing stands for ever."""

    bodies = WholeNumberField(_l("Days to keep contents"))
    mails = WholeNumberField(_l("Days to keep mails and their log"))

    def check(self) -> Retention | None:
        """What was entered; None when a field is wrong, each then says what."""
        self.validate()
        if self.errors:
            return None
        retention = Retention(_at_most(self.bodies.data), _at_most(self.mails.data))
        for name, message in retention_errors(retention).items():
            self[name].errors = [gettext(message)]
        return None if self.errors else retention


def posted_forms(values: MultiDict[str, str]) -> dict[Stream, RetentionForm]:
    """A form for each kind of mail, filled in from what was posted."""
    return {stream: RetentionForm(values, prefix=f"{stream}-") for stream in Stream}


def filled_forms(retentions: Mapping[Stream, Retention]) -> dict[Stream, RetentionForm]:
    """A form for each kind of mail, filled in with what holds."""
    return {
        stream: RetentionForm(prefix=f"{stream}-", bodies=kept.bodies_days, mails=kept.mails_days)
        for stream, kept in retentions.items()
    }


def _at_most(days: int | None) -> int | None:
    """What is far too large stays too large, and fits into a duration."""
    return None if days is None else min(days, LONGEST_DAYS + 1)

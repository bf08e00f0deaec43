"""The forms of partners: a new one, its settings, an invitation, an application."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from wtforms import (  # type: ignore[attr-defined]  # its stubs lack SelectChoice
    BooleanField,
    Form,
    SelectChoice,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Optional

from panel.domain.delivery import Stream
from panel.domain.quota import Quota
from panel.services.applications import ApplicationValues
from panel.web.forms.provider import WholeNumberField
from panel.web.labels import STREAMS

_BETWEEN = re.compile(r"[,;\s]+")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class NewPartnerForm(Form):
    """Name and slug."""

    name = StringField(_l("Name"), filters=[_stripped])
    slug = StringField(_l("Slug"), filters=[_stripped])


class PartnerForm(Form):
    """The tab General."""

    name = StringField(_l("Name"), filters=[_stripped])
    may_use_house = BooleanField(_l("The house’s providers take over"))
    hourly_quota = WholeNumberField(_l("Recipients an hour"))
    daily_quota = WholeNumberField(_l("Recipients in 24 hours"))

    def quota(self) -> Quota:
        """What was entered; nothing of it has been checked."""
        return Quota(self.hourly_quota.data, self.daily_quota.data)


class InvitationForm(Form):
    """A person who shall look after the partner's mail."""

    email = StringField(_l("E-mail"), filters=[_stripped])
    name = StringField(_l("Name"), [Optional()], filters=[_stripped])


class ApplicationForm(Form):
    """A program that submits mail for the partner."""

    name = StringField(_l("Name"), filters=[_stripped])
    streams = SelectMultipleField(
        _l("Account types"),
        choices=[SelectChoice(kind.value, label) for kind, label in STREAMS.items()],
        validate_choice=False,
    )
    from_domains = StringField(_l("From domains"), [Optional()], filters=[_stripped])

    def values(self) -> ApplicationValues:
        """What was entered; nothing of it has been checked."""
        domains = (part.lower() for part in _BETWEEN.split(self.from_domains.data or "") if part)
        return ApplicationValues(
            name=self.name.data or "",
            streams=tuple(self.streams.data or ()),
            from_domains=tuple(dict.fromkeys(domains)),
        )


def new_application_form() -> ApplicationForm:
    """Every kind of mail is chosen at first."""
    return ApplicationForm(data={"streams": [kind.value for kind in Stream]})

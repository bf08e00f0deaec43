"""The mail that a route is asked for, or a drill is begun with: the same four fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (  # type: ignore[attr-defined]  # its stubs lack SelectChoice
    Form,
    SelectChoice,
    SelectField,
    StringField,
)

from panel.domain.delivery import Stream
from panel.services.refusals import Invalid
from panel.services.routes import Partner, RouteWish
from panel.web.labels import STREAMS
from panel.web.listing import known


class RouteForm(Form):
    """What it is filled in with may come from an address: nothing of it is taken on trust."""

    stream = SelectField(
        _l("Account type"),
        choices=[SelectChoice(kind.value, label) for kind, label in STREAMS.items()],
        validate_choice=False,
    )
    partner = SelectField(_l("Partner"), validate_choice=False)
    sender = StringField(_l("From"), name="from")
    recipient = StringField(_l("Recipient"))

    @property
    def wish(self) -> RouteWish:
        """The mail; an account type that there is none of becomes the first."""
        return RouteWish(
            stream=known(Stream, self.stream.data) or Stream.SYSTEM,
            partner=self.partner.data or "",
            from_email=(self.sender.data or "").strip(),
            recipient=(self.recipient.data or "").strip(),
        )

    def offer(self, partners: Iterable[Partner]) -> None:
        """Sets the partners that can be chosen, with the chosen one among them."""
        names = {"": gettext("None: the house")}
        names |= {partner.slug: partner.name for partner in partners}
        chosen = self.partner.data or ""
        names.setdefault(chosen, chosen)
        self.partner.choices = [SelectChoice(slug, name) for slug, name in names.items()]

    def mark(self, refusal: Invalid) -> None:
        """Shows the messages at the fields."""
        fields = {"from": self.sender, "recipient": self.recipient}
        for name, message in refusal.errors.items():
            fields[name].errors = [*fields[name].errors, gettext(message)]


def wish_url(endpoint: str, wish: RouteWish) -> str:
    """The page of that mail; what is not chosen is left out of its address."""
    given: dict[str, Any] = {
        "stream": wish.stream.value,
        "partner": wish.partner,
        "from": wish.from_email,
        "recipient": wish.recipient,
    }
    return url_for(endpoint, **{name: value for name, value in given.items() if value})

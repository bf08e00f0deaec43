"""The form fields of what a driver declares beyond host, port and login."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from wtforms import (  # type: ignore[attr-defined]  # its stubs lack SelectChoice
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from panel.services.driver_choices import ExtraSetting

_ROWS = 10


def setting_field(item: ExtraSetting) -> Any:
    """A list where there are choices, else a line of text, or several; not yet bound to a form."""
    label, about = gettext(item.label), gettext(item.hint) if item.hint else ""
    if item.choices:
        choices = [SelectChoice(value, gettext(words)) for value, words in item.choices]
        return SelectField(label, choices=choices, description=about)
    wanted = [] if item.is_required else [Optional()]
    kind, look = (TextAreaField, {"rows": _ROWS}) if item.is_long else (StringField, {})
    return kind(label, wanted, description=about, filters=[_stripped], render_kw=look)


def _stripped(text: str | None) -> str:
    return (text or "").strip()

"""A refusal of a use case, shown at the fields of the form that asked for it."""

from __future__ import annotations

from flask_babel import gettext
from wtforms import Form

from panel.services.refusals import Invalid


def show_errors(form: Form, invalid: Invalid) -> None:
    """Adds each message to the field of its name, to the first field when there is none."""
    first = next(iter(form._fields))
    for name, message in invalid.errors.items():
        field = form[name if name in form else first]
        field.errors = [*field.errors, gettext(message)]

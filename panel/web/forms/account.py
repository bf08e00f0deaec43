"""The forms of signing in, choosing a password and the own account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired

REQUIRED = InputRequired(_l("Fill in this field."))
SAME = EqualTo("password", _l("The two passwords differ. Type them again."))


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Address and password."""

    email = StringField(_l("E-mail"), [REQUIRED])
    password = PasswordField(_l("Password"), [REQUIRED])


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A first password, by a link."""

    password = PasswordField(_l("Password"), [REQUIRED])
    password_again = PasswordField(_l("Password again"), [REQUIRED, SAME])


class FirstOperatorForm(PasswordForm):
    """The first operator of a new installation."""

    email = StringField(_l("E-mail"), [REQUIRED])
    name = StringField(_l("Name"))


class ChangePasswordForm(PasswordForm):
    """A new password in place of the present one."""

    password = PasswordField(_l("New password"), [REQUIRED])
    current_password = PasswordField(_l("Present password"), [REQUIRED])

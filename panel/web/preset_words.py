"""What people read of a known server: what it asks for first, and what its user name is."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.domain.preset import Need, UserName

NEEDS: dict[Need, LazyString] = {
    Need.APP_PASSWORD: _l(
        "Make an app password in the security settings of the account, with two-step verification "
        "on. The usual password is refused."
    ),
    Need.APP_PASSWORD_WITH_2FA: _l(
        "If two-step verification is on, make an app password; the usual password is then refused."
    ),
    Need.CLIENT_ACCESS: _l(
        "Switch on access by other mail programs in the settings of the mailbox first."
    ),
    Need.SMTP_AUTH: _l("An administrator has to allow SMTP AUTH for this mailbox."),
    Need.PASSWORD_LOGIN_ENDS: _l(
        "The vendor is about to end the login by password: it is off by default from the end of "
        "2026. Have a fallback at another vendor."
    ),
    Need.OAUTH_ONLY: _l(
        "The vendor takes OAuth only and refuses passwords, which Postroom would have to use: the "
        "connection test will fail. Take another provider."
    ),
    Need.OWN_SENDER: _l("From has to be the address that logs in, or one of its aliases."),
    Need.VERIFIED_SENDER: _l("Verify the From address or its domain at the vendor first."),
    Need.VERIFIED_DOMAIN: _l("Verify the domain of the From address at the vendor first."),
    Need.SMTP_CREDENTIALS: _l(
        "Make SMTP credentials in the vendor's panel. Neither an API key nor the password of the "
        "account will do."
    ),
    Need.API_KEY: _l("The password is an API key or token that may send mail."),
    Need.KEY_PAIR: _l("The user name is the API key, the password its secret key."),
    Need.RIGHT_REGION: _l("The host has to be that of the region or plan of the account."),
}
USER_NAMES: dict[UserName, LazyString] = {
    UserName.ADDRESS: _l("The whole e-mail address."),
    UserName.LOCAL_PART: _l("The part of the address before the @."),
    UserName.FIXED: _l("Always this word, for every account."),
    UserName.ISSUED: _l("The one that the vendor's panel shows for SMTP."),
    UserName.KEY: _l("The API key or token itself."),
}
USER_NAME_OF_API: LazyString = _l("The public one of the pair of keys, which is no secret.")

"""Words for a provider that does not let us in, or has closed or limited the account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from panel.web.explanations.explanation import Explanation

_CHECK_PASSWORD = _l("Enter user name and password again, then test the connection.")

LOGIN: dict[str, Explanation] = {
    "login_refused": Explanation(
        _l("The server refused the login: user name or password is wrong."),
        _l(
            "Enter both again as the provider gives them for SMTP; often that is not the password "
            "of its website. Then test the connection."
        ),
    ),
    "app_password_required": Explanation(
        _l("The server does not accept the everyday password from programs."),
        _l("Create an app password in the settings of the mail account and enter it here."),
    ),
    "login_switched_off": Explanation(
        _l("This account may not log in over SMTP; its administrator has switched that off."),
        _l(
            "Ask the administrator of the mail account to allow authenticated SMTP, or use the "
            "provider's API."
        ),
    ),
    "login_postponed": Explanation(
        _l("The server cannot check the password at the moment."),
        _l(
            "Nothing to do: Postroom tries again by itself. If it lasts, the account may be locked "
            "after too many logins; ask the provider."
        ),
    ),
    "login_not_offered": Explanation(
        _l("The server offers no login that Postroom knows on this connection."),
        _l("Check encryption and port: many servers offer the login only with encryption."),
    ),
    "login_not_supported": Explanation(
        _l("The server does not accept a login on this connection."),
        _l("Check encryption and port. If the server needs no login, leave the user name empty."),
    ),
    "encryption_required": Explanation(
        _l("The server accepts mail and logins only over an encrypted connection."),
        _l("Set the encryption to STARTTLS or SSL/TLS, as the provider says."),
    ),
    "login_required": Explanation(
        _l("The server takes mail only after a login."),
        _l("Enter the user name and password of the provider, then test the connection."),
    ),
    "login_denied_late": Explanation(
        _l("The server let us in and then refused the account."),
        _l("Ask the provider whether the account has been closed or suspended."),
    ),
    "secret_unreadable": Explanation(
        _l("The stored password cannot be read: its encryption key is missing."),
        _CHECK_PASSWORD,
    ),
    "account_suspended": Explanation(
        _l("The provider has stopped this account from sending."),
        _l("Sign in at the provider and look for its notice, or ask its support."),
    ),
    "quota_used_up": Explanation(
        _l("The allowance of this account at the provider is used up."),
        _l(
            "Nothing to do if another provider is active: mail goes there. Otherwise wait for the "
            "next day or raise the limit at the provider."
        ),
    ),
    "rate_limited": Explanation(
        _l("The provider takes only so many mails in a time, and that is reached."),
        _l("If it happens often, lower the limits of this provider in its settings."),
    ),
    "slow_down": Explanation(
        _l("The provider asks to send more slowly."),
        _l("If it happens often, lower the limits of this provider in its settings."),
    ),
    "client_postponed": Explanation(
        _l("The server distrusts the IP address the mail comes from and refuses it for now."),
        _l("Postroom tries other providers. Check the name (PTR record) of your IP address."),
    ),
    "client_blocked": Explanation(
        _l("The server blocks the IP address the mail comes from."),
        _l("Ask the provider to allow it, or have it removed from the block list that is named."),
    ),
}

"""Words for a provider that does not let us in, or has closed or limited the account."""

from __future__ import annotations

from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_CHECK_PASSWORD = N_("Enter user name and password again, then test the connection.")

LOGIN: dict[str, Explanation] = {
    "login_refused": Explanation(
        N_("The server refused the login: user name or password is wrong."),
        N_(
            "Enter both again as the provider gives them for SMTP; often that is not the password "
            "of its website. Then test the connection."
        ),
    ),
    "app_password_required": Explanation(
        N_("The server does not accept the everyday password from programs."),
        N_("Create an app password in the settings of the mail account and enter it here."),
    ),
    "login_switched_off": Explanation(
        N_("This account may not log in over SMTP; its administrator has switched that off."),
        N_(
            "Ask the administrator of the mail account to allow authenticated SMTP, or use the "
            "provider's API."
        ),
    ),
    "login_postponed": Explanation(
        N_("The server cannot check the password at the moment."),
        N_(
            "Nothing to do: Postroom tries again by itself. If it lasts, the account may be locked "
            "after too many logins; ask the provider."
        ),
    ),
    "login_not_offered": Explanation(
        N_("The server offers no login that Postroom knows on this connection."),
        N_("Check encryption and port: many servers offer the login only with encryption."),
    ),
    "login_not_supported": Explanation(
        N_("The server does not accept a login on this connection."),
        N_("Check encryption and port. If the server needs no login, leave the user name empty."),
    ),
    "encryption_required": Explanation(
        N_("The server accepts mail and logins only over an encrypted connection."),
        N_("Set the encryption to STARTTLS or SSL/TLS, as the provider says."),
    ),
    "login_required": Explanation(
        N_("The server takes mail only after a login."),
        N_("Enter the user name and password of the provider, then test the connection."),
    ),
    "login_denied_late": Explanation(
        N_("The server let us in and then refused the account."),
        N_("Ask the provider whether the account has been closed or suspended."),
    ),
    "secret_unreadable": Explanation(
        N_("The stored password cannot be read: its encryption key is missing."),
        _CHECK_PASSWORD,
    ),
    "account_suspended": Explanation(
        N_("The provider has stopped this account from sending."),
        N_("Sign in at the provider and look for its notice, or ask its support."),
    ),
    "quota_used_up": Explanation(
        N_("The allowance of this account at the provider is used up."),
        N_(
            "Nothing to do if another provider is active: mail goes there. Otherwise wait for the "
            "next day or raise the limit at the provider."
        ),
    ),
    "rate_limited": Explanation(
        N_("The provider takes only so many mails in a time, and that is reached."),
        N_("If it happens often, lower the limits of this provider in its settings."),
    ),
    "slow_down": Explanation(
        N_("The provider asks to send more slowly."),
        N_("If it happens often, lower the limits of this provider in its settings."),
    ),
    "client_postponed": Explanation(
        N_("The server distrusts the IP address the mail comes from and refuses it for now."),
        N_("Postroom tries other providers. Check the name (PTR record) of your IP address."),
    ),
    "client_blocked": Explanation(
        N_("The server blocks the IP address the mail comes from."),
        N_("Ask the provider to allow it, or have it removed from the block list that is named."),
    ),
}

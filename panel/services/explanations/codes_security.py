"""Words for the enhanced status codes about security and policy."""

from __future__ import annotations

from panel.services.explanations.advice import LATER, SHOW
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_LET_IN = N_("Read the answer of the server; ask its administrator to let your mail in.")
_DNS = N_("Publish SPF, DKIM and DMARC for the From domain, as the provider's pages describe.")
_DKIM = N_("Switch DKIM on for the From domain at the provider and publish its key in DNS.")
_SPF = N_("Add the provider to the SPF record of the From domain.")
_ENCRYPT = N_("Set the encryption to STARTTLS or SSL/TLS, as the provider says.")
_ASK_ANEW = N_("Ask the recipient whether the address is still the right one.")

SECURITY_CODES: dict[str, Explanation] = {
    "7.0": Explanation(
        N_("A rule of security or policy at the other side stands in the way."), _LET_IN
    ),
    "7.1": Explanation(N_("The other side does not allow this mail."), _LET_IN),
    "7.2": Explanation(
        N_("The sender may not write to this mailing list."),
        N_("Ask whoever looks after the list."),
    ),
    "7.3": Explanation(
        N_("The mail would have to be secured in another way on its way, which is not possible."),
        SHOW,
    ),
    "7.4": Explanation(N_("The server has no security feature that the mail needs."), SHOW),
    "7.5": Explanation(N_("Decrypting or checking the mail failed at the other side."), SHOW),
    "7.6": Explanation(N_("The other side does not know the encryption that was used."), SHOW),
    "7.7": Explanation(
        N_("The mail was changed on its way: its signature does not fit any more."), SHOW
    ),
    "7.8": Explanation(
        N_("The server refused the login: user name or password is wrong."),
        N_("Enter user name and password again, then test the connection."),
    ),
    "7.9": Explanation(
        N_("The way of logging in is too weak for the server."),
        N_("Create an app password in the settings of the mail account and enter it here."),
    ),
    "7.10": Explanation(
        N_("The server accepts mail and logins only over an encrypted connection."), _ENCRYPT
    ),
    "7.11": Explanation(
        N_("The server accepts mail and logins only over an encrypted connection."), _ENCRYPT
    ),
    "7.12": Explanation(
        N_("The password has to be set anew at the provider before this login works."),
        N_("Sign in on the provider's website once, then enter the password here again."),
    ),
    "7.13": Explanation(
        N_("The account at the provider is switched off."),
        N_("Sign in at the provider and look for its notice, or ask its support."),
    ),
    "7.14": Explanation(N_("The server takes such mail from partners it knows only."), _LET_IN),
    "7.15": Explanation(
        N_("The server takes only urgent mail at the moment."),
        LATER,
    ),
    "7.16": Explanation(
        N_("The mail is too large for the server in its present state."),
        N_("Send fewer or smaller attachments, or add a provider with a larger limit."),
    ),
    "7.17": Explanation(N_("The mailbox belongs to somebody else by now."), _ASK_ANEW),
    "7.18": Explanation(N_("The recipient's domain belongs to somebody else by now."), _ASK_ANEW),
    "7.19": Explanation(
        N_("The server cannot tell whether the mailbox still belongs to the same person."),
        _ASK_ANEW,
    ),
    "7.20": Explanation(N_("The mail has no valid signature (DKIM) of a domain."), _DKIM),
    "7.21": Explanation(N_("The mail has no signature (DKIM) that the server accepts."), _DKIM),
    "7.22": Explanation(N_("The mail is not signed (DKIM) by the domain of its From."), _DKIM),
    "7.23": Explanation(
        N_("The From domain does not allow this provider to send for it (SPF)."), _SPF
    ),
    "7.24": Explanation(N_("The SPF record of the From domain cannot be read."), _SPF),
    "7.25": Explanation(
        N_("The IP address that the mail comes from has no proper name (PTR record)."),
        N_("Ask the provider, or whoever runs the server, to give its IP address a name."),
    ),
    "7.26": Explanation(
        N_("The mail does not prove that it comes from its From domain (SPF, DKIM, DMARC)."), _DNS
    ),
    "7.27": Explanation(
        N_("The From domain says that it takes no mail, so nobody could answer."),
        N_("Check the From address of the mail; its domain has to exist and take mail."),
    ),
    "7.28": Explanation(
        N_("So much mail came from us at once that the other side slows it down."),
        N_("If it happens often, lower the limits of this provider in its settings."),
    ),
    "7.29": Explanation(N_("The mail was forwarded, and its seal (ARC) does not hold."), SHOW),
    "7.30": Explanation(
        N_("The mail may only travel encrypted, and a server on its way cannot do that."), SHOW
    ),
}

"""Words for the enhanced status codes about addresses, mailboxes and the form of a mail."""

from __future__ import annotations

from panel.services.explanations.advice import CHECK_ADDRESS, SMALLER
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_CHECK_SPELLING = N_("Check the spelling of the address.")
_CHECK_FROM = N_("Check the From address of the mail; its domain has to exist and take mail.")
_OTHER_WAY = N_("Reach the recipient in another way, or ask the administrator of that mailbox.")
_SIMPLER = N_(
    "Send it in a simpler form: plain text, common attachments, addresses in plain letters."
)
_PLAIN_LETTERS = N_("Use an address in plain letters, or a provider that supports SMTPUTF8.")

MAILBOX_CODES: dict[str, Explanation] = {
    "0.0": Explanation(
        N_("The server gives no reason that is known."),
        N_("Read the answer of the server; it says more."),
    ),
    "1.0": Explanation(N_("Something is wrong with one of the addresses."), CHECK_ADDRESS),
    "1.1": Explanation(N_("There is no such mailbox."), CHECK_ADDRESS),
    "1.2": Explanation(
        N_("The part of the address after the @ does not exist or takes no mail."), _CHECK_SPELLING
    ),
    "1.3": Explanation(N_("The server cannot read the recipient's address."), _CHECK_SPELLING),
    "1.4": Explanation(
        N_("The address fits several people there, and the server does not know whom to choose."),
        N_("Ask the recipient for the full address."),
    ),
    "1.5": Explanation(N_("The address of the recipient is valid."), N_("Nothing to do.")),
    "1.6": Explanation(
        N_("The recipient has moved, and nobody forwards the mail."),
        N_("Ask the recipient for the new address."),
    ),
    "1.7": Explanation(N_("The server cannot read the sender's address."), _CHECK_FROM),
    "1.8": Explanation(N_("The domain of the sender's address does not exist."), _CHECK_FROM),
    "1.9": Explanation(
        N_("The mail was passed on to a system that cannot report what became of it."),
        N_("Nothing to do; ask the recipient if it is important."),
    ),
    "1.10": Explanation(N_("The recipient's domain says that it takes no mail."), _CHECK_SPELLING),
    "2.0": Explanation(N_("Something is wrong with the recipient's mailbox."), _OTHER_WAY),
    "2.1": Explanation(N_("The recipient's mailbox is switched off."), CHECK_ADDRESS),
    "2.2": Explanation(
        N_("The recipient's mailbox is full."),
        N_("Reach the recipient in another way; send again when there is room."),
    ),
    "2.3": Explanation(N_("The mail is larger than this recipient's mailbox allows."), SMALLER),
    "2.4": Explanation(
        N_("The recipient is a mailing list that cannot be opened."),
        N_("Ask whoever looks after the list."),
    ),
}
CONTENT_CODES: dict[str, Explanation] = {
    "6.0": Explanation(N_("The form of the mail is what the other side cannot take."), _SIMPLER),
    "6.1": Explanation(N_("The recipient's system does not take this kind of content."), _SIMPLER),
    "6.2": Explanation(
        N_("The mail would have to be converted, and that is not allowed."), _SIMPLER
    ),
    "6.3": Explanation(
        N_("The mail would have to be converted, which nobody there can do."), _SIMPLER
    ),
    "6.4": Explanation(N_("The mail was converted, and something of it was lost."), _SIMPLER),
    "6.5": Explanation(N_("The mail could not be converted."), _SIMPLER),
    "6.6": Explanation(
        N_("The server could not get at the content of the mail."),
        N_("Show the exact answer to the provider."),
    ),
    "6.7": Explanation(
        N_("An address has letters outside ASCII, which this server cannot carry."), _PLAIN_LETTERS
    ),
    "6.8": Explanation(
        N_("The server wanted to answer in letters outside ASCII and was not allowed to."),
        N_("Show the exact answer to the provider."),
    ),
    "6.9": Explanation(
        N_("The header of the mail has letters outside ASCII, which cannot be passed on."),
        _PLAIN_LETTERS,
    ),
    "6.10": Explanation(
        N_("The server wanted to answer in letters outside ASCII and was not allowed to."),
        N_("Show the exact answer to the provider."),
    ),
}

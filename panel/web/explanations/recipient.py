"""Words for a recipient who could not be reached."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from panel.web.explanations.explanation import Explanation

_CHECK_ADDRESS = _l("Check the address with the recipient.")
_LATER = _l("Nothing to do: it is sent again later.")

RECIPIENT: dict[str, Explanation] = {
    "recipient_unknown": Explanation(_l("There is no such mailbox."), _CHECK_ADDRESS),
    "recipient_domain_unknown": Explanation(
        _l("The part of the address after the @ does not exist or takes no mail."),
        _l("Check the spelling of the address."),
    ),
    "recipient_address_invalid": Explanation(
        _l("The server cannot read the recipient's address."),
        _l("Check the spelling of the address."),
    ),
    "recipient_disabled": Explanation(
        _l("The recipient's mailbox is switched off."), _CHECK_ADDRESS
    ),
    "recipient_mailbox_full": Explanation(
        _l("The recipient's mailbox is full."),
        _l("Reach the recipient in another way; send again when there is room."),
    ),
    "recipient_restricted": Explanation(
        _l("This recipient takes mail from certain senders only."),
        _l("Ask the recipient's administrator to allow your From address."),
    ),
    "recipient_refused": Explanation(_l("The server refused this recipient."), _CHECK_ADDRESS),
    "recipient_refused_late": Explanation(
        _l("The server refused a recipient after it had seen the whole mail."), _CHECK_ADDRESS
    ),
    "recipient_waits": Explanation(
        _l("The recipient's mailbox cannot take mail just now."), _LATER
    ),
    "recipient_waits_late": Explanation(
        _l("The recipient's mailbox cannot take mail just now."), _LATER
    ),
    "recipient_postponed": Explanation(
        _l("The server asks to try this recipient again later."), _LATER
    ),
    "greylisted": Explanation(
        _l("The recipient's server makes unknown senders wait before it takes their mail."),
        _LATER,
    ),
    "too_many_recipients": Explanation(
        _l("The server takes fewer recipients at a time."),
        _l("Nothing to do: the others follow in another round."),
    ),
}

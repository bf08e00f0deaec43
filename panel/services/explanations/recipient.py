"""Words for a recipient who could not be reached."""

from __future__ import annotations

from panel.services.explanations.advice import CHECK_ADDRESS, IN_TURN, LATER
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

RECIPIENT: dict[str, Explanation] = {
    "recipient_unknown": Explanation(N_("There is no such mailbox."), CHECK_ADDRESS),
    "recipient_domain_unknown": Explanation(
        N_("The part of the address after the @ does not exist or takes no mail."),
        N_("Check the spelling of the address."),
    ),
    "recipient_address_invalid": Explanation(
        N_("The server cannot read the recipient's address."),
        N_("Check the spelling of the address."),
    ),
    "recipient_disabled": Explanation(
        N_("The recipient's mailbox is switched off."), CHECK_ADDRESS
    ),
    "recipient_mailbox_full": Explanation(
        N_("The recipient's mailbox is full."),
        N_("Reach the recipient in another way; send again when there is room."),
    ),
    "recipient_restricted": Explanation(
        N_("This recipient takes mail from certain senders only."),
        N_("Ask the recipient's administrator to allow your From address."),
    ),
    "recipient_refused": Explanation(N_("The server refused this recipient."), CHECK_ADDRESS),
    "recipient_refused_late": Explanation(
        N_("The server refused a recipient after it had seen the whole mail."), CHECK_ADDRESS
    ),
    "recipient_waits": Explanation(N_("The recipient's mailbox cannot take mail just now."), LATER),
    "recipient_waits_late": Explanation(
        N_("The recipient's mailbox cannot take mail just now."), LATER
    ),
    "recipient_postponed": Explanation(
        N_("The server asks to try this recipient again later."), LATER
    ),
    "greylisted": Explanation(
        N_("The recipient's server makes unknown senders wait before it takes their mail."),
        LATER,
    ),
    "too_many_recipients": Explanation(
        N_("The server takes fewer recipients at a time."),
        IN_TURN,
    ),
}

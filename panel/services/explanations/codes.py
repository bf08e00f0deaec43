"""Words for enhanced status codes: the registry of RFC 5248 (RFC 3463 and its successors).

Keyed by subject and detail, `1.1` of 5.1.1 as of 4.1.1: what a code is about does not depend on
its class, which tells only whether it may pass.
"""

from __future__ import annotations

from panel.services.explanations.codes_content import CONTENT_CODES, MAILBOX_CODES
from panel.services.explanations.codes_security import SECURITY_CODES
from panel.services.explanations.codes_system import SYSTEM_CODES
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_READ = N_("Read the answer of the server; it says more.")

CODES: dict[str, Explanation] = {
    **MAILBOX_CODES,
    **SYSTEM_CODES,
    **CONTENT_CODES,
    **SECURITY_CODES,
}
SUBJECTS: dict[str, Explanation] = {
    "0": Explanation(N_("The server gives no reason that is known."), _READ),
    "1": Explanation(
        N_("Something is wrong with one of the addresses."),
        N_("Check the address with the recipient, and the From address of the mail."),
    ),
    "2": Explanation(
        N_("Something is wrong with the recipient's mailbox."),
        N_("Reach the recipient in another way, or ask the administrator of that mailbox."),
    ),
    "3": Explanation(
        N_("The recipient's mail system has trouble of its own."),
        N_("If it lasts, ask the administrator of that mail system."),
    ),
    "4": Explanation(
        N_("The way to the recipient's mail system is disturbed."),
        N_("If it lasts, check that the recipient's domain exists and takes mail."),
    ),
    "5": Explanation(
        N_("The two servers did not understand each other."),
        N_("Show the exact answer to the provider."),
    ),
    "6": Explanation(
        N_("The form of the mail is what the other side cannot take."),
        N_(
            "Send it in a simpler form: plain text, common attachments, addresses in plain letters."
        ),
    ),
    "7": Explanation(
        N_("A rule of security or policy at the other side stands in the way."),
        N_("Read the answer of the server; ask its administrator to let your mail in."),
    ),
}
"""For details that are not in the registry."""
CLASSES: dict[str, Explanation] = {
    "4": Explanation(
        N_("The server does not take it now; that may pass."),
        N_("Nothing to do: it is tried again by itself. If it lasts, show the answer to them."),
    ),
    "5": Explanation(
        N_("The server refuses it for good."),
        N_("Read the answer of the server; mend what it names, then send it again."),
    ),
}
"""For answers without such a code, by the first digit of the reply code."""

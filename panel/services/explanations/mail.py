"""Words for a mail, or its sender, that a provider did not take."""

from __future__ import annotations

from panel.services.explanations.advice import BY_ITSELF, LATER, SMALLER
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_TELL_PROVIDER = N_("Show the answer below to the provider if it happens again.")
_LOOK_BEFORE_RESENDING = N_(
    "Look in the provider's own log, or ask the recipient, before you send it again: it "
    "may have arrived."
)

MAIL: dict[str, Explanation] = {
    "accepted": Explanation(
        N_("The provider has taken the mail."),
        N_("Nothing to do."),
    ),
    "answer_lost": Explanation(
        N_("The connection broke after the whole mail was sent, before the answer came."),
        _LOOK_BEFORE_RESENDING,
    ),
    "answer_timed_out": Explanation(
        N_("The whole mail was sent, but the provider never said whether it took it."),
        _LOOK_BEFORE_RESENDING,
    ),
    "answer_unreadable": Explanation(
        N_("The whole mail was sent, but the provider's answer was neither a yes nor a no."),
        _LOOK_BEFORE_RESENDING,
    ),
    "service_closing": Explanation(N_("The server ended the conversation."), BY_ITSELF),
    "server_trouble": Explanation(N_("The server reports a fault of its own."), BY_ITSELF),
    "server_trouble_unsaid": Explanation(
        N_("The server could not take the mail because of an error or a full disk."), BY_ITSELF
    ),
    "sending_postponed": Explanation(
        N_("The provider holds our mail back for now, by a policy of its own."), BY_ITSELF
    ),
    "mail_postponed": Explanation(N_("The provider does not take mail just now."), BY_ITSELF),
    "sender_postponed": Explanation(
        N_("The provider could not check the sender's address just now."),
        N_("Nothing to do at first. If it lasts, check that the sender's domain exists in DNS."),
    ),
    "content_postponed": Explanation(
        N_("The provider did not take the mail this time."),
        LATER,
    ),
    "mail_refused": Explanation(
        N_("The provider refused the mail without saying why."), _TELL_PROVIDER
    ),
    "data_refused": Explanation(
        N_("The provider refused the mail before it had seen its content."), _TELL_PROVIDER
    ),
    "sender_refused": Explanation(
        N_("The provider does not send for this From address."),
        N_("Verify the address or its domain at the provider, or use another From address."),
    ),
    "sender_refused_plainly": Explanation(
        N_("The provider did not accept the sender's address."),
        N_("Check the From address of the mail and what the provider allows to send from."),
    ),
    "relay_denied": Explanation(
        N_("The server does not pass mail on for this sender."),
        N_("Check that user name and password are set, and that the From address is allowed."),
    ),
    "too_large": Explanation(N_("The mail is larger than the provider allows."), SMALLER),
    "too_large_announced": Explanation(
        N_("The mail is larger than the limit that the server announces; it was not tried."),
        SMALLER,
    ),
    "too_large_unsaid": Explanation(
        N_("The server has no room for the mail; it is probably too large."), SMALLER
    ),
    "line_too_long": Explanation(
        N_("A line of the mail is longer than the server allows."),
        N_("Send the text with shorter lines, or encoded (quoted-printable or base64)."),
    ),
    "smtputf8_missing": Explanation(
        N_("An address has letters outside ASCII, which this server cannot carry."),
        N_("Use an address in plain letters, or a provider that supports SMTPUTF8."),
    ),
    "eightbit_missing": Explanation(
        N_("The mail has characters in a form that this server cannot carry."),
        N_("Send it encoded (quoted-printable or base64), or use another provider."),
    ),
    "parameter_refused": Explanation(
        N_("The mail needs something that the server does not support."),
        N_("Use another provider for it; the answer below names what is missing."),
    ),
    "reputation_refused": Explanation(
        N_("The recipient's side refused the mail because of the IP address it comes from."),
        N_("Look at the block list that the answer names, or ask the provider about its address."),
    ),
    "policy_refused": Explanation(
        N_("A policy of the recipient's side refused the mail."),
        N_("Read the answer below; ask the recipient's administrator to let your mail in."),
    ),
    "content_refused": Explanation(
        N_("The content of the mail was refused, for example as spam or for an attachment."),
        N_("Change the content: check links and attachments, then send it again."),
    ),
    "content_refused_unsaid": Explanation(
        N_("The provider refused the mail after it had seen all of it."),
        N_("Read the answer below, mend what it names and send the mail again."),
    ),
    "mail_not_built": Explanation(
        N_("The mail could not be put together: a part of it is faulty."),
        N_("Correct the mail in the application that sent it, and send it again."),
    ),
}

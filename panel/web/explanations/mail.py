"""Words for a mail, or its sender, that a provider did not take."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from panel.web.explanations.explanation import Explanation

_BY_ITSELF = _l("Nothing to do: Postroom tries again by itself and uses other providers meanwhile.")
_TELL_PROVIDER = _l("Show the answer below to the provider if it happens again.")
_SMALLER = _l("Send fewer or smaller attachments, or add a provider with a larger limit.")
_LOOK_BEFORE_RESENDING = _l(
    "Look in the provider's own log, or ask the recipient, before you send it again: it "
    "may have arrived."
)

MAIL: dict[str, Explanation] = {
    "accepted": Explanation(
        _l("The provider has taken the mail."),
        _l("Nothing to do."),
    ),
    "answer_lost": Explanation(
        _l("The connection broke after the whole mail was sent, before the answer came."),
        _LOOK_BEFORE_RESENDING,
    ),
    "answer_timed_out": Explanation(
        _l("The whole mail was sent, but the provider never said whether it took it."),
        _LOOK_BEFORE_RESENDING,
    ),
    "answer_unreadable": Explanation(
        _l("The whole mail was sent, but the provider's answer was neither a yes nor a no."),
        _LOOK_BEFORE_RESENDING,
    ),
    "service_closing": Explanation(_l("The server ended the conversation."), _BY_ITSELF),
    "server_trouble": Explanation(_l("The server reports a fault of its own."), _BY_ITSELF),
    "server_trouble_unsaid": Explanation(
        _l("The server could not take the mail because of an error or a full disk."), _BY_ITSELF
    ),
    "sending_postponed": Explanation(
        _l("The provider holds our mail back for now, by a policy of its own."), _BY_ITSELF
    ),
    "mail_postponed": Explanation(_l("The provider does not take mail just now."), _BY_ITSELF),
    "sender_postponed": Explanation(
        _l("The provider could not check the sender's address just now."),
        _l("Nothing to do at first. If it lasts, check that the sender's domain exists in DNS."),
    ),
    "content_postponed": Explanation(
        _l("The provider did not take the mail this time."),
        _l("Nothing to do: it is sent again later."),
    ),
    "mail_refused": Explanation(
        _l("The provider refused the mail without saying why."), _TELL_PROVIDER
    ),
    "data_refused": Explanation(
        _l("The provider refused the mail before it had seen its content."), _TELL_PROVIDER
    ),
    "sender_refused": Explanation(
        _l("The provider does not send for this From address."),
        _l("Verify the address or its domain at the provider, or use another From address."),
    ),
    "sender_refused_plainly": Explanation(
        _l("The provider did not accept the sender's address."),
        _l("Check the From address of the mail and what the provider allows to send from."),
    ),
    "relay_denied": Explanation(
        _l("The server does not pass mail on for this sender."),
        _l("Check that user name and password are set, and that the From address is allowed."),
    ),
    "too_large": Explanation(_l("The mail is larger than the provider allows."), _SMALLER),
    "too_large_announced": Explanation(
        _l("The mail is larger than the limit that the server announces; it was not tried."),
        _SMALLER,
    ),
    "too_large_unsaid": Explanation(
        _l("The server has no room for the mail; it is probably too large."), _SMALLER
    ),
    "line_too_long": Explanation(
        _l("A line of the mail is longer than the server allows."),
        _l("Send the text with shorter lines, or encoded (quoted-printable or base64)."),
    ),
    "smtputf8_missing": Explanation(
        _l("An address has letters outside ASCII, which this server cannot carry."),
        _l("Use an address in plain letters, or a provider that supports SMTPUTF8."),
    ),
    "eightbit_missing": Explanation(
        _l("The mail has characters in a form that this server cannot carry."),
        _l("Send it encoded (quoted-printable or base64), or use another provider."),
    ),
    "parameter_refused": Explanation(
        _l("The mail needs something that the server does not support."),
        _l("Use another provider for it; the answer below names what is missing."),
    ),
    "reputation_refused": Explanation(
        _l("The recipient's side refused the mail because of the IP address it comes from."),
        _l("Look at the block list that the answer names, or ask the provider about its address."),
    ),
    "policy_refused": Explanation(
        _l("A policy of the recipient's side refused the mail."),
        _l("Read the answer below; ask the recipient's administrator to let your mail in."),
    ),
    "content_refused": Explanation(
        _l("The content of the mail was refused, for example as spam or for an attachment."),
        _l("Change the content: check links and attachments, then send it again."),
    ),
    "content_refused_unsaid": Explanation(
        _l("The provider refused the mail after it had seen all of it."),
        _l("Read the answer below, mend what it names and send the mail again."),
    ),
    "mail_not_built": Explanation(
        _l("The mail could not be put together: a part of it is faulty."),
        _l("Correct the mail in the application that sent it, and send it again."),
    ),
}

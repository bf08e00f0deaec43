"""Words for what a mail API answers."""

from __future__ import annotations

from panel.services.explanations.advice import BY_ITSELF, CHECK_ADDRESS, IN_TURN
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_LOOK_FIRST = N_(
    "Look in the provider's own log, or ask the recipient, before you send it again: it "
    "may have arrived."
)

API: dict[str, Explanation] = {
    "api_accepted": Explanation(N_("The provider has taken the mail."), N_("Nothing to do.")),
    "api_accepted_without_id": Explanation(
        N_("The provider has taken the mail, but its answer names no ID for it."),
        N_("Nothing to do for this mail. Its later reports may not be matched to it."),
    ),
    "api_redirected": Explanation(
        N_("The provider's API sends us to another address. The key is not shown there."),
        N_("Correct the region or the base URL in the provider's settings, then test it."),
    ),
    "api_key_refused": Explanation(
        N_("The provider does not accept the API key."),
        N_("Create a new key at the provider, enter it here and test the connection."),
    ),
    "api_unpaid": Explanation(
        N_("The account at the provider has no credits left, or a payment is missing."),
        N_("Sign in at the provider and settle it. Mail goes to other providers meanwhile."),
    ),
    "api_forbidden": Explanation(
        N_("The API key may not do this, or not from this IP address."),
        N_("Give the key the right to send, and allow this machine's address at the provider."),
    ),
    "api_address_wrong": Explanation(
        N_("The provider's API knows nothing under this address."),
        N_("Check region, domain and base URL in the provider's settings, then test it."),
    ),
    "api_request_incomplete": Explanation(
        N_("The provider did not get the whole request in time, and did not take the mail."),
        BY_ITSELF,
    ),
    "api_conflict": Explanation(
        N_("The provider says that the mail does not fit an earlier one."),
        N_("Nothing to do: one more provider is asked. Show the answer below to the provider."),
    ),
    "api_repeat_under_way": Explanation(
        N_("The provider was still busy with the same mail when it was asked again."), _LOOK_FIRST
    ),
    "api_too_large": Explanation(
        N_("The mail is larger than the provider allows."),
        N_("Send fewer or smaller attachments, or add a provider with a larger limit."),
    ),
    "api_mail_refused": Explanation(
        N_("The provider refused the mail."),
        N_("Read the answer below; it says what the provider dislikes about it."),
    ),
    "api_rate_limited": Explanation(
        N_("The provider takes only so many requests in a time, and that is reached."),
        N_("If it happens often, lower the limits of this provider in its settings."),
    ),
    "api_unavailable": Explanation(N_("The provider's API is out of service."), BY_ITSELF),
    "api_server_failed": Explanation(
        N_("Something failed at the provider after it had the whole mail."), _LOOK_FIRST
    ),
    "api_request_refused": Explanation(
        N_("The provider did not accept the request."),
        N_("Read the answer below. One more provider is asked before the mail fails."),
    ),
    "api_sender_refused": Explanation(
        N_("The provider does not send for this From address."),
        N_("Verify the address or its domain at the provider, or use another From address."),
    ),
    "api_account_stopped": Explanation(
        N_("The provider has stopped this account, or has not approved it yet."),
        N_("Sign in at the provider and look for its notice, or ask its support."),
    ),
    "api_sandbox": Explanation(
        N_("The account is on trial and sends to addresses of its owner only."),
        N_("Ask the provider to lift that, or verify a domain of your own there."),
    ),
    "api_quota_used_up": Explanation(
        N_("The allowance of this account at the provider is used up."),
        N_(
            "Nothing to do if another provider is active: mail goes there. Otherwise wait for the "
            "next day or raise the limit at the provider."
        ),
    ),
    "api_settings_wrong": Explanation(
        N_("A setting of this provider names what the account does not have."),
        N_("Compare stream, domain and the like with the provider's own pages."),
    ),
    "api_content_refused": Explanation(
        N_("The content of the mail was refused, for example for an attachment."),
        N_("Change the content, then send it again."),
    ),
    "api_recipient_suppressed": Explanation(
        N_("The provider keeps this recipient from mail, after a bounce or a complaint."),
        N_("Check the address. At the provider it can be taken off the list of such recipients."),
    ),
    "api_recipient_refused": Explanation(
        N_("The provider does not accept the recipient's address."), CHECK_ADDRESS
    ),
    "api_recipients_in_turn": Explanation(
        N_("The provider takes fewer recipients at a time."),
        IN_TURN,
    ),
    "api_cannot_carry": Explanation(
        N_("The mail has something that this provider's API cannot carry; it was not sent there."),
        N_("Use a provider that takes whole mails for it, for example one by SMTP."),
    ),
}

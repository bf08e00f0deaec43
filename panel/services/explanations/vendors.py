"""Words for refusals that big mailbox providers and block lists are known for.

Each is found by the vendor's own code or name in the answer; the vendor's pages stand beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_PROVE = N_("Publish SPF, DKIM and DMARC for the From domain, as the provider's pages describe.")
_SLOWER = N_("If it happens often, lower the limits of this provider in its settings.")
_DELIST = N_("Look the IP address up on that list's website and ask for its removal.")
_TELL_PROVIDER = N_(
    "Tell the provider; the IP address that is listed is theirs, or that of the server."
)


@dataclass(frozen=True, slots=True)
class VendorWords:
    """Words for answers in which the pattern is found."""

    vendor: str
    pattern: re.Pattern[str]
    words: Explanation


def _of(vendor: str, pattern: str, cause: str, advice: str) -> VendorWords:
    return VendorWords(vendor, re.compile(pattern, re.IGNORECASE), Explanation(cause, advice))


VENDORS: tuple[VendorWords, ...] = (
    # https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
    _of(
        "outlook", r"\b5\.7\.(?:60[6-9]|6[1-4]\d)\b|banned sending IP",
        N_("Microsoft blocks the IP address that the mail comes from."),
        N_("Ask for its removal at sender.office.com, or tell the provider whose address it is."),
    ),
    _of(
        "outlook", r"\bS3(?:140|150)\b",
        N_("Outlook blocks the network that the mail comes from."),
        N_("Tell the provider; its network has to be cleared at Microsoft's sender support."),
    ),
    _of(
        "outlook", r"\b5\.7\.(?:501|502|503|511|512)\b",
        N_("Microsoft 365 takes this sender for a spammer and blocks it."),
        N_("Find out who sends unwanted mail from there, then ask Microsoft to lift the block."),
    ),
    _of(
        "outlook", r"\b5\.7\.(?:509|515)\b",
        N_("Outlook wants proof that the mail comes from its From domain (SPF, DKIM, DMARC)."),
        _PROVE,
    ),
    _of(
        "outlook", r"\b5\.7\.(?:705|708|750)\b",
        N_("Microsoft 365 does not let this account send to the outside any more."),
        N_("Have the administrator of the account look at its notices at Microsoft 365."),
    ),
    _of(
        "outlook", r"\b[45]\.7\.(?:57|139)\b|SmtpClientAuthentication is disabled",
        N_("This account may not log in over SMTP; its administrator has switched that off."),
        N_("Ask the administrator to allow authenticated SMTP, or use the provider's API."),
    ),
    _of(
        "outlook", r"\b5\.4\.1\b.*Access denied|\b5\.1\.10\b.*(?:Resolver|not found)",
        N_("The recipient's Microsoft 365 knows no such address."),
        N_("Check the address with the recipient."),
    ),
    _of(
        "outlook", r"\b[45]\.2\.12[12]\b",
        N_("The recipient gets so much mail just now that Microsoft takes no more for it."),
        N_("Nothing to do if it passes; otherwise send this recipient less in an hour."),
    ),
    _of(
        "outlook", r"\b4\.7\.(?:[56]\d\d)\b",
        N_("Outlook slows mail from this IP address down until it knows it better."), _SLOWER,
    ),
    _of(
        "outlook", r"\b5\.4\.31[0-6]\b",
        N_("The recipient's domain does not exist, or its server does not answer Microsoft."),
        N_("Check the spelling of the address."),
    ),
    # https://support.google.com/a/answer/3726730
    _of(
        "gmail", r"\b[45]\.7\.(?:26|27|30|32)\b.*(?:gsmtp|google)",
        N_("Gmail wants proof that the mail comes from its From domain (SPF, DKIM, DMARC)."),
        _PROVE,
    ),
    _of(
        "gmail", r"\b[45]\.7\.28\b.*(?:gsmtp|google)|unusual rate of unsolicited mail",
        N_("Gmail sees much unwanted mail from this IP address or domain and slows it down."),
        N_("Send only to people who want it; watch the domain in Google's Postmaster Tools."),
    ),
    _of(
        "gmail", r"likely (?:unsolicited|suspicious)|low reputation of the sending",
        N_("Gmail takes the mail for spam, because of its content or of the sender's reputation."),
        N_("Check links and text; watch the domain in Google's Postmaster Tools."),
    ),
    _of(
        "gmail", r"content presents a potential security",
        N_("Gmail takes no such attachment, not even in an archive."),
        N_("Send a link to the file instead."),
    ),
    # https://senders.yahooinc.com/smtp-error-codes/
    _of(
        "yahoo", r"\[TS0\d\]|\[TSS\d\d\]",
        N_("Yahoo slows mail from this IP address down: too much at once, or complaints."), _SLOWER,
    ),
    _of(
        "yahoo", r"\[(?:BL|PH|GL|IPTS)\d\d\]",
        N_("Yahoo refuses the IP address, which stands on a block list or behaves badly."),
        _TELL_PROVIDER,
    ),
    _of(
        "yahoo", r"\[AU\d\d\]|\(AU01\)|not accepted for policy reasons.*yahoo",
        N_("Yahoo wants proof that the mail comes from its From domain (SPF, DKIM, DMARC)."),
        _PROVE,
    ),
    _of(
        "yahoo", r"doesn't have a (?:yahoo|ymail|aol|sky)",
        N_("There is no such mailbox at Yahoo."), N_("Check the address with the recipient."),
    ),
    _of(
        "icloud", r"\[(?:HM|CS)\d\d\]",
        N_("Apple's iCloud refuses the mail by a rule of its own against spam."),
        N_("Check links and text, send less at once, and write to icloudadmin@apple.com."),
    ),
    # Block lists, by the names that servers quote.
    _of(
        "spamhaus", r"spamhaus|\b(?:zen|sbl|xbl|pbl|dbl)\.",
        N_("The IP address or a domain in the mail stands on a block list of Spamhaus."),
        N_("Look it up at check.spamhaus.org; it says why, and how it gets off the list."),
    ),
    _of(
        "barracuda", r"barracuda|\bb\.barracudacentral",
        N_("The IP address stands on the block list of Barracuda."), _DELIST,
    ),
    _of(
        "spamcop", r"spamcop|\bbl\.spamcop",
        N_("Somebody reported mail from this IP address as spam (SpamCop)."),
        N_("It gets off the list by itself within a day when no more reports come."),
    ),
    _of(
        "proofpoint", r"proofpoint|pphosted|\bpdr\b.*ipcheck",
        N_("The recipient's spam filter (Proofpoint) blocks the IP address."),
        N_("Ask for its removal at ipcheck.proofpoint.com."),
    ),
    _of(
        "mimecast", r"mimecast",
        N_("The recipient's spam filter (Mimecast) does not let the mail in."),
        N_("Ask the recipient's administrator to permit your From domain there."),
    ),
    _of(
        "lists", r"\b(?:sorbs|uceprotect|surbl|uribl|invaluement|psbl|abuseat|rbl|dnsbl)\b",
        N_("The IP address or a link in the mail stands on a block list that the answer names."),
        _DELIST,
    ),
)  # fmt: skip
"""The first that fits wins."""


def vendor_words(said: str) -> Explanation | None:
    """What a big provider or a block list means by its answer; None for all others."""
    return next((item.words for item in VENDORS if item.pattern.search(said)), None)

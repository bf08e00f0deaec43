"""Every code and every well-known refusal is explained, more precisely than by its rule alone."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from panel.domain.smtp_outcomes import RULES
from panel.drivers import registry
from panel.services.explanations import EXPLANATIONS, explain
from panel.services.explanations.codes import CLASSES, CODES, SUBJECTS
from panel.services.explanations.replies import BROAD_RULES
from panel.services.explanations.unknown import UNKNOWN
from panel.services.explanations.vendors import VENDORS, vendor_words

REGISTRY = {
    "0": range(1),
    "1": range(11),
    "2": range(5),
    "3": range(7),
    "4": range(8),
    "5": range(7),
    "6": range(11),
    "7": range(31),
}
"""Subjects and details of the IANA registry of enhanced status codes."""
ALL_CODES = [f"{subject}.{detail}" for subject, details in REGISTRY.items() for detail in details]
TRANSLATIONS = Path(__file__).parents[2] / "translations"
JARGON = re.compile(r"\b(RCPT|EHLO|enhanced|5yz|4yz|envelope|greylist)", re.IGNORECASE)
REFUSALS = [
    ("550 5.7.606 Access denied, banned sending IP [192.0.2.7]", "Microsoft blocks the IP"),
    ("550 5.7.1 messages from [192.0.2.7] weren't sent: block list (S3150)", "network"),
    ("550 5.7.511 Access denied, banned sender[192.0.2.7]", "spammer"),
    ("550 5.7.515 Access denied, sending domain x.test does not meet the level", "proof"),
    ("550 5.7.708 Service unavailable. Access denied, traffic not accepted", "to the outside"),
    ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "no such address"),
    ("530 5.7.57 Client not authenticated to send mail", "may not log in over SMTP"),
    ("550 5.2.122 The recipient has exceeded their limit", "Microsoft takes no more"),
    ("550 5.4.310 DNS domain x.test does not exist", "does not exist"),
    ("451 4.7.650 The mail server [192.0.2.7] has been temporarily rate limited", "slows"),
    ("550 5.7.26 Unauthenticated email from x.test is not accepted - gsmtp", "Gmail wants proof"),
    ("421 4.7.28 Our system has detected an unusual rate of unsolicited mail", "unwanted mail"),
    ("550 5.7.1 detected that this message is likely unsolicited mail. - gsmtp", "for spam"),
    ("552 5.7.0 blocked because its content presents a potential security", "attachment"),
    ("421 4.7.0 [TSS04] Messages temporarily deferred due to user complaints", "Yahoo slows"),
    ("553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.7", "Yahoo refuses"),
    ("550 5.7.9 [AU01] Rejected for policy reasons", "Yahoo wants proof"),
    ("554 delivery error: dd This user doesn't have a yahoo.com account", "no such mailbox"),
    ("554 5.7.1 [HM08] Message rejected due to local policy", "iCloud"),
    ("550 5.7.1 blocked using zen.spamhaus.org", "Spamhaus"),
    ("550 blocked by b.barracudacentral.org", "Barracuda"),
    ("554 5.7.1 blocked using bl.spamcop.net", "SpamCop"),
    ("550 5.7.0 Local Policy Violation, see ipcheck.proofpoint.com", "Proofpoint"),
    ("550 Rejected by header based manually Blocked Senders - mimecast", "Mimecast"),
    ("554 5.7.1 listed at dnsbl.example.org", "block list"),
]


@pytest.mark.parametrize("digit", ["4", "5"])
def test_each_code_of_the_registry_has_a_cause_and_a_next_step(digit):
    for code in ALL_CODES:
        said = f"{digit}50 {digit}.{code} said so"

        assert explain("a_rule_of_another_version", said) == CODES[code]


def test_words_are_plain_and_whole_sentences():
    known = [*CODES.values(), *SUBJECTS.values(), *CLASSES.values()]
    for words in (*known, *(row.words for row in VENDORS)):
        texts = (words.cause, words.advice)
        assert all(text[0].isupper() and text.endswith(".") for text in texts), words
        assert not JARGON.search(" ".join(texts))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("550 5.7.99 new", SUBJECTS["7"]),
        ("451 4.4.99 new", SUBJECTS["4"]),
        ("550 5.9.1 a subject of the future", CLASSES["5"]),
        ("450 come back", CLASSES["4"]),
        ("Connection refused", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_unknown_codes_are_explained_by_what_is_known_of_them(said, words):
    assert explain("a_rule_of_another_version", said) == words


@pytest.mark.parametrize(("said", "part"), REFUSALS)
def test_known_refusals_of_big_providers_are_told_by_name(said, part):
    assert part in explain("policy_refused", said).cause


def test_every_row_of_vendors_is_met_by_a_known_refusal():
    met = {id(vendor_words(said)) for said, _ in REFUSALS}

    assert [row.pattern.pattern for row in VENDORS if id(row.words) not in met] == []


def test_answer_says_more_than_a_broad_rule_and_less_than_a_precise_one():
    assert explain("recipient_refused", "550 5.1.6 moved").cause == CODES["1.6"].cause
    assert explain("recipient_unknown", "550 5.1.6 moved") == EXPLANATIONS["recipient_unknown"]
    assert explain("policy_refused", "550 5.7.1 no") == EXPLANATIONS["policy_refused"]
    assert explain("policy_refused") == EXPLANATIONS["policy_refused"]


def test_broad_rules_are_rules():
    assert {row.name for row in RULES} >= BROAD_RULES


def test_every_meaning_of_a_mail_api_is_explained():
    meanings = {row.rule for vendor in registry.VENDORS for row in vendor.meanings}

    assert meanings
    assert meanings <= set(EXPLANATIONS)


def test_all_words_can_be_read_in_turkish():
    with (TRANSLATIONS / "tr/LC_MESSAGES/messages.po").open("rb") as file:
        turkish = read_po(file)
    known = [*EXPLANATIONS.values(), *CODES.values(), *SUBJECTS.values(), *CLASSES.values()]
    words = [UNKNOWN, *known, *(row.words for row in VENDORS)]

    texts = {text for one in words for text in (one.cause, one.advice)}
    translated = {message.id for message in turkish if message.string}
    assert texts <= translated

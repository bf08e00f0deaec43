"""Every outcome can be explained to a person."""

import re

import pytest

from panel.domain.decision import NO_PROVIDER
from panel.domain.http_rules import HTTP_RULES
from panel.domain.smtp_outcomes import RULES
from panel.sending.dispatch import ROUND_FAILED
from panel.services.explanations import EXPLANATIONS, explain
from panel.storage.queue.drills import DRILL_DELETED, DRILL_OVER
from panel.storage.queue.rescue import RESCUED_TOO_OFTEN, WORKER_ENDED
from panel.storage.queue.restored import RESTORED
from panel.storage.queue.ruling_terms import CANCELLED, HELD_BY_PERSON
from panel.storage.queue.upkeep import COPY_TOO_LATE, COPY_UNCONFIRMED, PROVIDER_GONE

JARGON = re.compile(r"\b(RCPT|EHLO|enhanced|5yz|4yz|envelope|greylist)", re.IGNORECASE)


@pytest.mark.parametrize("row", [*RULES, *HTTP_RULES], ids=lambda row: row.name)
def test_every_rule_is_explained(row):
    assert row.name in EXPLANATIONS


@pytest.mark.parametrize(
    "name",
    [
        NO_PROVIDER,
        "expired",
        CANCELLED,
        HELD_BY_PERSON,
        RESCUED_TOO_OFTEN,
        ROUND_FAILED,
        WORKER_ENDED,
        COPY_TOO_LATE,
        COPY_UNCONFIRMED,
        DRILL_DELETED,
        DRILL_OVER,
        PROVIDER_GONE,
        RESTORED,
    ],
)
def test_ends_without_a_provider_are_explained(name):
    assert name in EXPLANATIONS


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_explanation_says_what_happened_and_what_to_do_in_plain_words(name):
    words = [EXPLANATIONS[name].cause, EXPLANATIONS[name].advice]

    assert all(text[0].isupper() and text.endswith(".") for text in words)
    assert not JARGON.search(" ".join(words))


def test_rule_of_another_version_gets_general_words():
    assert "did not take the mail" in explain("not_yet_known").cause

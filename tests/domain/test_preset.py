"""The known servers: complete, told apart, and recognised by an address, a domain or a host."""

from collections import Counter

import pytest

from panel.domain.preset import PresetKind, UserName, recognise
from panel.domain.preset_domains import DOMAINS
from panel.domain.presets import PRESETS
from panel.domain.provider import Encryption

BY_ID = {preset.id: preset for preset in PRESETS}
NAMED_IN_THE_REQUIREMENTS = {"gmail", "outlook", "yahoo", "comcast", "zoho", "zeptomail"}


def test_named_servers_and_at_least_ten_more_are_known():
    assert set(BY_ID) >= NAMED_IN_THE_REQUIREMENTS
    assert len(set(BY_ID) - NAMED_IN_THE_REQUIREMENTS) >= 10


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_entry_is_complete_and_has_a_source(preset):
    assert preset.source.startswith("https://")
    assert (preset.port, preset.encryption) in {(465, Encryption.SSL), (587, Encryption.TLS)}
    assert all(host == host.lower() and "." in host for host in preset.hosts)
    assert bool(preset.username) == (preset.user_name is UserName.FIXED)
    assert bool(preset.driver) == (preset.kind is PresetKind.SERVICE)


def test_no_id_host_or_domain_is_there_twice():
    for words in (
        [preset.id for preset in PRESETS],
        [host for preset in PRESETS for host in preset.hosts],
        [domain for preset in PRESETS for domain in preset.domains],
    ):
        assert [word for word, count in Counter(words).items() if count > 1] == []


def test_every_list_of_domains_belongs_to_a_known_server():
    assert set(DOMAINS) <= set(BY_ID)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kim@gmail.com", "gmail"),
        (" Kim@GMAIL.com. ", "gmail"),
        ("hotmail.co.uk", "outlook"),
        ("kim@house.onmicrosoft.com", "microsoft-365"),
        ("smtp.eu.mailgun.org", "mailgun"),
        ("web.de", "web-de"),
        ("kim@house.test", None),
        ("notgmail.com", None),
        ("onmicrosoft.com", None),
        ("", None),
        ("@", None),
    ],
)
def test_address_domain_or_host_tells_the_server(text, expected):
    found = recognise(text, PRESETS)

    assert (found.id if found else None) == expected

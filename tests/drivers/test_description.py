"""Base URLs: only such as a key may be shown to; and settings that fit."""

import pytest

from panel.domain.provider import Encryption
from panel.drivers.description import BASE_URL, ExtraSetting, Place, read_base_url
from panel.drivers.registry import VENDORS, descriptions


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://api.example.net", Place("api.example.net", 443, Encryption.SSL)),
        (
            "https://API.example.net:8443/mail/v1/",
            Place("api.example.net", 8443, Encryption.SSL, "/mail/v1"),
        ),
        ("https://[2001:db8::1]/x", Place("2001:db8::1", 443, Encryption.SSL, "/x")),
        ("http://localhost:8080", Place("localhost", 8080, Encryption.NONE)),
        ("http://127.0.0.1", Place("127.0.0.1", 80, Encryption.NONE)),
    ],
)
def test_place_of_a_base_url(url, place):
    assert read_base_url(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.net",
        "http://api.example.net",
        "http://10.0.0.1",
        "http://localhost.example.net",
        "https://user:pass@api.example.net",
        "https://api.example.net/?a=b",
        "https://api.example.net/#x",
        "https://api.example.net/../x y",
        "https://api.example.net:99999",
        "https://2130706433",
        "https://127.1",
        "file:///etc/passwd",
        "https://a\r\nb",
    ],
)
def test_anything_else_is_refused(url):
    with pytest.raises(ValueError):  # noqa: PT011 - who shows it has words of its own
        read_base_url(url)


def test_every_api_is_encrypted_and_has_a_base_url(vendor_descriptions):
    for described in vendor_descriptions:
        usual = {item.name: item.usual for item in described.settings}
        place = described.place(usual)
        assert place is not None
        assert (place.port, place.encryption) == (443, Encryption.SSL)
        assert BASE_URL in described.settings


def test_names_of_settings_meet_no_field_of_the_form(vendor_descriptions):
    taken = {"type", "driver", "name", "host", "port", "username", "password", "domains", "status"}
    for described in vendor_descriptions:
        assert not taken & {item.name for item in described.settings}


def test_choice_and_pattern_decide_what_fits():
    region = ExtraSetting("region", "Region", choices=(("us", "US"), ("eu", "EU")))
    stream = ExtraSetting("stream", "Stream", pattern="[a-z]+")

    assert (region.usual, stream.usual) == ("us", "")
    assert (region.fits("eu"), region.fits("moon")) == (True, False)
    assert (stream.fits("out"), stream.fits("out-1"), stream.fits("a\n")) == (True, False, False)


@pytest.fixture
def vendor_descriptions():
    names = {vendor.name for vendor in VENDORS}
    return [item for item in descriptions() if item.name in names]

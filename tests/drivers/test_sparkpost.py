"""How SparkPost is told to leave a mail as it is, and which mails it cannot take."""

import json
from typing import Any

import pytest

from panel.drivers.http.vendor import Letter
from panel.drivers.mail import CannotCarry
from panel.drivers.sparkpost import VENDOR
from tests.drivers.vendors.samples import HEADER, a_parcel, an_account


def sent(body: bytes = b"", header: bytes = HEADER, **settings: str) -> dict[str, Any]:
    account = an_account(VENDOR, 443, settings=tuple(settings.items()))
    made = VENDOR.request(Letter(None, a_parcel(header=header, body=body), account, "key"))
    fields: dict[str, Any] = json.loads(made.body)
    return fields


def test_nothing_is_replaced_or_followed():
    fields = sent(b"Write {{ name }} here\r\n")

    assert fields["options"] == {
        "open_tracking": False,
        "click_tracking": False,
        "transactional": True,
        "perform_substitutions": False,
    }
    assert fields["content"]["email_rfc822"].startswith(HEADER.decode())
    assert fields["metadata"] == {"postroom_message_id": "<01ABC@house.test>"}


def test_marketing_mail_is_marked_as_such():
    assert sent(kind="marketing")["options"]["transactional"] is False


def test_octets_that_are_no_utf8_cannot_be_carried():
    with pytest.raises(CannotCarry):
        sent(b"\xff\xfe\r\n")


@pytest.mark.parametrize("word", [b"=?utf-8?b?x?=", b"=?no-charset?q?=FF?=", b"=?utf-8?q?=FF?="])
def test_field_that_cannot_be_read_is_sent_as_it_is(word):
    fields = sent(header=HEADER.replace(b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", word))

    assert word.decode() in fields["content"]["email_rfc822"]

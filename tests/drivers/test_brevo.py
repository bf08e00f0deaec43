"""What Brevo needs beyond the pieces of a mail."""

import json

from panel.drivers.brevo import VENDOR
from panel.drivers.http.vendor import Letter
from panel.drivers.mail import read_mail
from tests.drivers.vendors.samples import HEADER, a_parcel, an_account


def sent(header: bytes = HEADER, body: bytes = b"") -> dict[str, object]:
    parcel = a_parcel(header=header, body=body)
    made = VENDOR.request(Letter(read_mail(parcel), parcel, an_account(VENDOR, 443), "key"))
    fields: dict[str, object] = json.loads(made.body)
    return fields


def test_text_alone_is_shown_as_html_too():
    fields = sent(body=b"1 < 2 & more\r\n  indented\r\n")

    assert fields["textContent"] == "1 < 2 & more\n  indented\n"
    assert "pre-wrap" in str(fields["htmlContent"])
    assert "1 &lt; 2 &amp; more\n  indented\n" in str(fields["htmlContent"])


def test_name_with_letters_and_punctuation_is_encoded():
    fields = sent()

    assert fields["sender"] == {"email": "post@house.test", "name": "Börse"}
    assert fields["to"] == [{"email": "anna@there.test", "name": "=?utf-8?b?QW5uYSwgw5Y=?="}]

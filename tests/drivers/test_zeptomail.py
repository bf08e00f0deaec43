"""What people paste as ZeptoMail's token."""

import pytest

from panel.drivers.zeptomail import VENDOR
from tests.drivers.vendors.samples import an_account


@pytest.mark.parametrize("prefix", ["", "Zoho-enczapikey ", " zoho-enczapikey  "])
def test_token_may_be_pasted_with_the_word_before_it(prefix):
    account = an_account(VENDOR, 443, secret=f"{prefix}wSsVR60=")

    request = VENDOR.checks[0].ask(account)

    assert request is not None
    assert dict(request.headers)["Authorization"] == "Zoho-enczapikey wSsVR60="
    assert set(VENDOR.secrets(account)) == {account.secret, "wSsVR60="}


@pytest.mark.parametrize(
    ("region", "site"),
    [("in", "https://api.zeptomail.in"), ("com.au", "https://api.zeptomail.com.au")],
)
def test_region_is_the_end_of_the_host(region, site):
    assert VENDOR.site({"region": region}) == site
    assert VENDOR.site({"region": "elsewhere"}) == "https://api.zeptomail.com"

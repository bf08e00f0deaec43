"""A From is kept where the provider may send for it, else the provider's own takes its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.sender_rule import Mailbox, sender

OWN = Mailbox("post@house.test", "The House")


def used(original: str, *domains: str) -> str:
    return sender(original, provider_from=OWN, domains=domains).mailbox.email


def test_a_mail_without_from_takes_the_providers_and_nothing_is_replaced():
    chosen = sender("", provider_from=OWN, domains=())

    assert chosen.mailbox == OWN
    assert not chosen.is_replaced


@pytest.mark.parametrize(
    ("original", "domains"),
    [
        ("ann@house.test", ()),
        ("ann@HOUSE.Test", ()),
        ("ann@shop.test", ("shop.test",)),
        ("ann@shop.test", ("SHOP.test",)),
        ("ann@eu.shop.test", (".shop.test",)),
        ('"a@b"@shop.test', ("shop.test",)),
    ],
)
def test_a_from_is_kept_that_the_provider_may_send_for(original, domains):
    assert used(original, *domains) == original


@pytest.mark.parametrize(
    ("original", "domains"),
    [
        ("ann@elsewhere.test", ()),
        ("ann@eu.shop.test", ("shop.test",)),
        ("ann@shop.test", (".shop.test",)),
        ("ann@myshop.test", (".shop.test",)),
        ("ann@house.test.evil.test", ()),
        ('"ann@house.test"@evil.test', ()),
    ],
)
def test_a_from_that_it_may_not_send_for_is_replaced(original, domains):
    chosen = sender(original, provider_from=OWN, domains=domains)

    assert chosen.mailbox == OWN
    assert chosen.is_replaced


@given(original=st.emails(), domains=st.lists(st.sampled_from(["a.test", ".b.test"])))
def test_the_from_is_always_one_that_the_provider_may_send_for(original, domains):
    chosen = sender(original, provider_from=OWN, domains=domains)

    domain = chosen.mailbox.domain
    assert domain in {"house.test", *domains} or domain.endswith(".b.test")

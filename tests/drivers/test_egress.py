"""The egress policy: what its words mean, what it never allows, what hides in IPv6 addresses."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.drivers.egress import EgressPolicy

EVERYTHING = EgressPolicy.parse("public,private,loopback,0.0.0.0/0,::/0")
PUBLIC = EgressPolicy.parse("public")

PUBLIC_ADDRESSES = ["8.8.8.8", "1.1.1.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1a"]
PRIVATE_ADDRESSES = ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
                     "fc00::1", "fd12:3456::1"]  # fmt: skip
LOOPBACK_ADDRESSES = ["127.0.0.1", "127.255.255.254", "::1"]
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "100::1",
    "5f00::1", "2001:2::1", "64:ff9b:1::101:101", "64:ff9b:1:101:1:100::",
]  # fmt: skip
OF_NO_KIND = ["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "2001:db8::1"]


def forms_of(ip: str) -> list[str]:
    """Every IPv6 spelling of an IPv4 address that some network takes to that address."""
    number = int(ipaddress.IPv4Address(ip))
    numbers = {
        "mapped": 0xFFFF << 32 | number,
        "compatible": number,
        "translated": 0xFFFF << 48 | number,
        "nat64": 0x64FF9B << 96 | number,
        "6to4": 0x2002 << 112 | number << 80 | 1,
        "teredo client": 0x20010000 << 96 | 0x08080808 << 64 | number ^ 0xFFFFFFFF,
        "teredo server": 0x20010000 << 96 | number << 64 | 0x08080808 ^ 0xFFFFFFFF,
        "isatap": 0x2A001450 << 96 | 0x5EFE << 32 | number,
        "isatap, global": 0x2A001450 << 96 | 0x02005EFE << 32 | number,
    }
    return [str(ipaddress.IPv6Address(each)) for each in numbers.values()]


@pytest.mark.parametrize(
    ("word", "addresses"),
    [
        ("public", PUBLIC_ADDRESSES),
        ("private", PRIVATE_ADDRESSES),
        ("loopback", LOOPBACK_ADDRESSES),
    ],
)
def test_word_allows_its_addresses_and_no_others(word: str, addresses: list[str]):
    policy = EgressPolicy.parse(word)
    every = [*PUBLIC_ADDRESSES, *PRIVATE_ADDRESSES, *LOOPBACK_ADDRESSES, *OF_NO_KIND, *NEVER]

    assert [ip for ip in every if policy.allows(ip, 25)] == addresses


@pytest.mark.parametrize("ip", NEVER)
def test_some_addresses_are_refused_even_by_a_rule_of_their_own(ip: str):
    own = EgressPolicy.parse(f"{ip}/{ipaddress.ip_address(ip).max_prefixlen}")

    assert not own.allows(ip, 25)
    assert not EVERYTHING.allows(ip, 25)


@pytest.mark.parametrize("ip", OF_NO_KIND)
def test_documentation_and_benchmark_ranges_need_a_rule_of_their_own(ip: str):
    own = EgressPolicy.parse(f"{ip}/{ipaddress.ip_address(ip).max_prefixlen}")

    assert own.allows(ip, 25)
    assert not EgressPolicy.parse("public,private,loopback").allows(ip, 25)


@pytest.mark.parametrize("form", forms_of("169.254.169.254") + forms_of("224.0.0.1"))
def test_refused_address_does_not_hide_in_another_form(form: str):
    assert not EVERYTHING.allows(form, 25)


@pytest.mark.parametrize("form", forms_of("127.0.0.1") + forms_of("10.0.0.1"))
def test_inside_address_is_not_public_in_another_form(form: str):
    assert not PUBLIC.allows(form, 25)


@pytest.mark.parametrize("form", forms_of("1.1.1.1"))
def test_public_address_stays_public_in_another_form(form: str):
    assert PUBLIC.allows(form, 25)


def test_cidr_allows_its_addresses_at_its_ports_only():
    policy = EgressPolicy.parse("127.0.0.1/32:2500-2599, fd00::/16:25, 10.1.0.0/16")

    assert policy.allows("127.0.0.1", 2500)
    assert policy.allows("127.0.0.1", 2599)
    assert not policy.allows("127.0.0.1", 2499)
    assert not policy.allows("127.0.0.1", 2600)
    assert not policy.allows("127.0.0.2", 2500)
    assert policy.allows("fd00::1", 25)
    assert not policy.allows("fd00::1", 26)
    assert policy.allows("10.1.2.3", 65535)
    assert not policy.allows("10.2.0.1", 25)


def test_given_ports_narrow_the_entries_without_ports_of_their_own():
    policy = EgressPolicy.parse("public,127.0.0.1/32:2600", ports=(25, 465, 587, 2525))

    assert [port for port in (24, 25, 465, 587, 2525, 8080) if policy.allows("1.1.1.1", port)] == [
        25, 465, 587, 2525,
    ]  # fmt: skip
    assert policy.allows("127.0.0.1", 2600)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("", "''"),
        ("public,", "''"),
        ("public,privat", "'privat'"),
        ("PUBLIC", "'PUBLIC'"),
        ("10.0.0.0/33", "'10.0.0.0/33'"),
        ("10.0.0.1/8", "'10.0.0.1/8'"),
        ("10.0.0.1", "'10.0.0.1'"),
        ("10.0.0.0/8:0", "'10.0.0.0/8:0'"),
        ("10.0.0.0/8:65536", "'10.0.0.0/8:65536'"),
        ("10.0.0.0/8:30-20", "'10.0.0.0/8:30-20'"),
        ("10.0.0.0/8:smtp", "'10.0.0.0/8:smtp'"),
        ("fd00::/8:-25", "'fd00::/8:-25'"),
        ("smtp.example.net/32", "'smtp.example.net/32'"),
    ],
)
def test_bad_entry_is_named_with_an_example(text: str, bad: str):
    with pytest.raises(ValueError, match="Write it like public,private") as refusal:
        EgressPolicy.parse(text)

    assert bad in str(refusal.value)


@pytest.mark.parametrize("ip", ["", "localhost", "127.1", "fe80::1%1", "2a00::1%1"])
def test_what_is_no_plain_address_is_refused(ip: str):
    assert not EVERYTHING.allows(ip, 25)


@given(st.integers(0, 2**128 - 1))
def test_every_address_gets_an_answer(number: int):
    ip = ipaddress.IPv6Address(number)

    if PUBLIC.allows(ip, 25):
        assert not ip.is_link_local
        assert not ip.is_multicast
        assert not ip.is_loopback

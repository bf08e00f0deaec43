"""Which values a provider may have, and what is said about those that it may not."""

import pytest

from panel.domain.delivery import Stream
from panel.domain.provider import Limits, ProviderType
from panel.services.provider_checks import clean, connection_errors, provider_errors
from tests.factories.provider_forms import connection_values, provider_values


def test_good_values_pass():
    values = provider_values(
        connection_values(host="smtp.house.test", username="kim", password="s3cret"),
        from_name="Häuser & Söhne",
        domains=("house.test", ".shop.test"),
        account_types=(Stream.SYSTEM, Stream.CRM),
        limits=Limits(1, 2, 3, 4),
    )

    assert provider_errors(values) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", ""),
        ("host", "smtp host"),
        ("host", "https://smtp.house.test"),
        ("host", "2130706433"),
        ("host", "127.1"),
        ("host", "①②⑦.⓪.⓪.①"),
        ("host", "a\r\nb.test"),
        ("host", "smtp.example.com"),
        ("host", "Example.com"),
        ("host", "xxx"),
        ("port", 0),
        ("port", 65536),
        ("driver", "carrier-pigeon"),
        ("username", "your-username"),
        ("username", "kim\x00"),
        ("password", "your-api-key"),
        ("password", "YOUR_API_KEY"),
        ("password", "changeme"),
        ("password", "xxx"),
        ("password", "re_xxxxxxxxx"),
        ("password", "<your-api-key>"),
        ("password", "[Your-App-Password]"),
        ("host", "smtp.yourprovider.com"),
        ("password", "••••••••••"),
        ("password", "**********"),
        ("password", "line\nbreak"),
        ("password", "ab" * 501),
    ],
)
def test_bad_connection_names_its_field(field, value):
    values = {"username": "kim", "password": "s3cret"} | {field: value}

    assert list(connection_errors(connection_values(**values))) == [field]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "relay", "smtp.example.net"])
def test_real_and_local_hosts_pass(host):
    assert connection_errors(connection_values(host=host)) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "n" * 101),
        ("name", "relay\r\nBcc: x"),
        ("from_email", ""),
        ("from_email", "post"),
        ("from_email", "post@house.test\r\nBcc: a@b.test"),
        ("from_name", "The\nHouse"),
        ("from_name", "n" * 201),
        ("domains", ("house.test", "not a domain")),
        ("domains", ("..test",)),
        ("domains", ("::1",)),
        ("domains", tuple(f"d{n}.test" for n in range(101))),
    ],
)
def test_bad_value_names_its_field(field, value):
    assert list(provider_errors(provider_values(**{field: value}))) == [field]


@pytest.mark.parametrize("field", ["per_second", "per_minute", "per_hour", "per_day"])
@pytest.mark.parametrize("number", [0, -1, 10**12])
def test_limit_is_a_number_above_zero(field, number):
    assert list(provider_errors(provider_values(limits=Limits(**{field: number})))) == [field]


@pytest.mark.parametrize(
    ("limits", "wrong"),
    [
        (Limits(per_day=100, elsewhere_per_day=99), []),
        (Limits(per_day=100, elsewhere_per_day=100), ["elsewhere_per_day"]),
        (Limits(elsewhere_per_hour=5), ["elsewhere_per_hour"]),
    ],
)
def test_other_systems_use_a_part_of_a_limit(limits, wrong):
    assert list(provider_errors(provider_values(limits=limits))) == wrong


@pytest.mark.parametrize(
    ("streams", "wrong"),
    [((), []), ((Stream.CRM,), []), ((Stream.CRM, Stream.SYSTEM), ["account_types"])],
)
def test_crm_provider_carries_crm_mail_only(streams, wrong):
    values = provider_values(type=ProviderType.CRM_API_SMTP, account_types=streams)

    assert list(provider_errors(values)) == wrong


def test_password_without_a_user_name_is_refused():
    assert list(connection_errors(connection_values(password="s3cret"))) == ["password"]


def test_all_faults_are_told_at_once():
    errors = provider_errors(provider_values(connection_values(host="", port=0), name=""))

    assert sorted(errors) == ["host", "name", "port"]


def test_host_is_kept_as_it_is_dialled():
    assert clean(connection_values(host="SMTP.Bücher.test")).host == "smtp.xn--bcher-kva.test"

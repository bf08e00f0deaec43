"""The catalogue offers what the registry of drivers has, and nothing else."""

import pytest

from panel.domain.presets import PRESETS
from panel.domain.provider import ProviderType
from panel.drivers import registry
from panel.drivers.registry import DriverDescription, DriverKind
from panel.services.provider_catalogue import (
    driver_for,
    matching,
    needless_fields,
    other_drivers,
    type_for,
)

API_TYPES = frozenset({ProviderType.API_SMTP, ProviderType.CRM_API_SMTP})
MAILGUN, GMAIL = (next(item for item in PRESETS if item.id == id_) for id_ in ("mailgun", "gmail"))


@pytest.fixture
def registered(monkeypatch):
    """Registers drivers of these names for the API types, beside SMTP and no others."""
    smtp = registry.descriptions()[:1]
    monkeypatch.setattr(registry, "_DESCRIPTIONS", smtp)

    def registered(*names):
        more = tuple(
            DriverDescription(name, name.title(), DriverKind.API, API_TYPES, fields=frozenset())
            for name in names
        )
        monkeypatch.setattr(registry, "_DESCRIPTIONS", (*smtp, *more))

    return registered


def test_service_is_reached_by_its_smtp_relay_until_its_driver_is_registered(registered):
    assert driver_for(MAILGUN, ProviderType.API_SMTP) == "smtp"

    registered("mailgun")

    assert driver_for(MAILGUN, ProviderType.API_SMTP) == "mailgun"
    assert driver_for(MAILGUN, ProviderType.SMTP) == "smtp"


def test_registered_driver_without_a_known_vendor_is_offered_too(registered):
    assert other_drivers() == ()

    registered("mailgun", "pigeon")

    assert [driver.name for driver in other_drivers()] == ["pigeon"]


@pytest.mark.parametrize(
    ("preset", "wanted", "expected"),
    [
        (GMAIL, None, ProviderType.SMTP),
        (GMAIL, ProviderType.CRM_API_SMTP, ProviderType.SMTP),
        (MAILGUN, None, ProviderType.API_SMTP),
        (MAILGUN, ProviderType.SMTP, ProviderType.API_SMTP),
        (MAILGUN, ProviderType.CRM_API_SMTP, ProviderType.CRM_API_SMTP),
    ],
)
def test_mailboxes_are_smtp_and_services_api_smtp_or_crm(preset, wanted, expected):
    assert type_for(preset, wanted) is expected


def test_fields_follow_type_and_driver(registered):
    assert needless_fields("smtp", ProviderType.SMTP) == {"driver"}
    assert needless_fields("smtp", ProviderType.CRM_API_SMTP) == {"driver", "account_types"}

    registered("mailgun")

    assert "driver" in needless_fields("smtp", ProviderType.SMTP)
    assert needless_fields("smtp", ProviderType.API_SMTP) == set()
    assert needless_fields("mailgun", ProviderType.API_SMTP) == registry.SERVER_FIELDS


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("kim@zoho.com", ["zoho"]),
        ("zoho", ["zoho", "zoho-eu"]),
        ("zoho.com", ["zoho"]),
        ("", []),
        ("nobody knows", []),
    ],
)
def test_names_addresses_and_domains_find_servers(words, expected):
    assert [preset.id for preset in matching(words)] == expected

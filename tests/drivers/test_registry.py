"""The registry names every driver once and gives one object of each."""

import pytest

from panel.domain.provider import ProviderType
from panel.drivers.registry import DriverKind, descriptions, driver
from panel.drivers.smtp.driver import SmtpDriver


def test_smtp_can_be_used_by_every_provider_type():
    (smtp,) = [each for each in descriptions() if each.name == "smtp"]

    assert smtp.kind is DriverKind.SMTP
    assert smtp.provider_types == set(ProviderType)
    assert smtp.settings == ()


def test_every_description_has_its_driver():
    names = [each.name for each in descriptions()]

    assert len(set(names)) == len(names)
    assert all(driver(name) is driver(name) for name in names)
    assert isinstance(driver("smtp"), SmtpDriver)


def test_unknown_driver_is_a_bug():
    with pytest.raises(KeyError):
        driver("pigeon")

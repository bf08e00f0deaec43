"""Drivers that trust the authority of the scripted servers."""

from pathlib import Path

import pytest

from panel.drivers.smtp.driver import SmtpDriver
from panel.drivers.tls import TrustStore
from tests.drivers.smtp.accounts import written
from tests.fakes.smtp_certificates import authority


@pytest.fixture
def driver(tmp_path: Path) -> SmtpDriver:
    """Trusts the tests' authority and no other."""
    cafile = written(tmp_path / "authority.pem", authority().cert_pem.bytes())
    return SmtpDriver(trust=TrustStore(cafile))

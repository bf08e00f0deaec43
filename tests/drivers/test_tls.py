"""Trust comes from the system's store, which the environment can point elsewhere."""

import asyncio
import ssl
from pathlib import Path

import pytest

from panel.domain.connection_test import TlsDetails
from panel.domain.outcome import Fault, Stage
from panel.drivers.dialler import Route, dial
from panel.drivers.egress import EgressPolicy
from panel.drivers.tls import TlsTerms, TrustStore, describe, secure
from panel.drivers.trouble import Trouble
from tests.fakes.smtp_certificates import Certificate, authority

LOOPBACK = EgressPolicy.parse("loopback")


def shake_hands(
    port: int, trust: TrustStore, *, host: str = "localhost", is_verified: bool = True
) -> TlsDetails | Trouble | None:
    async def run() -> TlsDetails | Trouble | None:
        protocol = asyncio.Protocol()
        transport = await dial(Route(host, port, ("127.0.0.1",), LOOPBACK), protocol, timeout_s=5)
        assert not isinstance(transport, Trouble)
        terms = TlsTerms(host, trust, is_verified)
        secured = await secure(transport, protocol, terms, stage=Stage.TLS, timeout_s=5)
        if isinstance(secured, Trouble):
            return secured
        try:
            return describe(secured, is_trusted=is_verified)
        finally:
            secured.abort()

    return asyncio.run(run())


@pytest.fixture
def cafile(tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    path.write_bytes(authority().cert_pem.bytes())
    return str(path)


def test_given_authorities_are_trusted(make_smtp_server, cafile: str):
    server = make_smtp_server(implicit_tls=True)

    assert isinstance(shake_hands(server.port, TrustStore(cafile)), TlsDetails)
    assert isinstance(shake_hands(server.port, TrustStore(cafile), host="127.0.0.1"), TlsDetails)


def test_environment_points_to_the_systems_authorities(
    make_smtp_server, cafile: str, monkeypatch: pytest.MonkeyPatch
):
    server = make_smtp_server(implicit_tls=True)
    before = shake_hands(server.port, TrustStore())
    monkeypatch.setenv("SSL_CERT_FILE", cafile)
    after = shake_hands(server.port, TrustStore())

    assert isinstance(before, Trouble)
    assert before.fault is Fault.CERTIFICATE
    assert isinstance(after, TlsDetails)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (Certificate.EXPIRED, "Certificate has expired"),
        (Certificate.WRONG_NAME, "Hostname mismatch, certificate is not valid for 'localhost'."),
        (Certificate.UNTRUSTED, "Unable to get local issuer certificate"),
    ],
)
def test_bad_certificate_is_told_in_words(
    make_smtp_server, cafile: str, certificate: Certificate, words: str
):
    server = make_smtp_server(implicit_tls=True, certificate=certificate)

    trouble = shake_hands(server.port, TrustStore(cafile))

    assert trouble == Trouble(Stage.TLS, Fault.CERTIFICATE, words)
    assert isinstance(shake_hands(server.port, TrustStore(cafile), is_verified=False), TlsDetails)


def test_nothing_older_than_tls_1_2_is_spoken(cafile: str):
    for is_verified in (True, False):
        context = TrustStore(cafile).context(is_verified=is_verified)
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_context_is_made_once(cafile: str):
    trust = TrustStore(cafile)

    assert trust.context(is_verified=True) is trust.context(is_verified=True)
    assert trust.context(is_verified=True) is not trust.context(is_verified=False)


def test_server_without_tls_is_no_certificate_trouble(smtp_server, cafile: str):
    trouble = shake_hands(smtp_server.port, TrustStore(cafile))

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.TLS
    smtp_server.wait_for_command("CLOSED")

"""Certificates are read far enough for a person, and anything else is survived."""

import ssl
from datetime import UTC, datetime

import trustme
from hypothesis import given
from hypothesis import strategies as st

from panel.drivers.certificate import Certificate, read_certificate

END = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)


def der(leaf: trustme.LeafCert) -> bytes:
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


def a_certificate(common_name: str | None = None, not_after: datetime = END) -> bytes:
    authority = trustme.CA(organization_name="Münze & Söhne")
    leaf = authority.issue_cert(
        "mail.example.net",
        organization_name="Postroom",
        common_name=common_name,
        not_after=not_after,
    )
    return der(leaf)


def test_names_and_end_are_read():
    certificate = read_certificate(a_certificate(common_name="mail.example.net"))

    assert certificate.subject.startswith("CN=mail.example.net, OU=Testing cert #")
    assert certificate.subject.endswith(", O=Postroom")
    assert certificate.issuer.endswith(", O=Münze & Söhne")
    assert certificate.not_after == "2031-02-03T04:05:06+00:00"


def test_end_after_2050_is_written_in_another_form_and_read_as_well():
    late = END.replace(year=2077)

    assert read_certificate(a_certificate(not_after=late)).not_after == late.isoformat()


def test_control_characters_do_not_reach_the_screen():
    certificate = read_certificate(a_certificate(common_name="evil\n\x1b[31m"))

    assert certificate.subject.startswith("CN=evil??[31m,")


@given(st.binary(max_size=300))
def test_garbage_reads_as_nothing(data: bytes):
    assert read_certificate(data) == Certificate()


REAL = a_certificate()


@given(st.integers(0, len(REAL) - 1), st.integers(0, 255), st.integers(0, len(REAL)))
def test_damaged_certificates_never_raise(at: int, octet: int, length: int):
    damaged = bytearray(REAL)
    damaged[at] = octet

    assert isinstance(read_certificate(bytes(damaged[:length])), Certificate)

"""Certificates for the scripted server: a good one, and one for each way to be bad."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache

import trustme


class Certificate(StrEnum):
    """Which certificate the server shows."""

    GOOD = "good"
    """For localhost and 127.0.0.1."""
    EXPIRED = "expired"
    WRONG_NAME = "wrong_name"
    UNTRUSTED = "untrusted"
    """By an authority that nobody knows."""


@cache
def authority() -> trustme.CA:
    """The authority that clients of the tests may trust."""
    return trustme.CA()


@cache
def server_context(certificate: Certificate) -> ssl.SSLContext:
    """A TLS context for a server that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _leaf(certificate).configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    """A verifying TLS context that trusts the authority of the tests and no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


def _leaf(certificate: Certificate) -> trustme.LeafCert:
    names = ("localhost", "127.0.0.1", "::1")
    match certificate:
        case Certificate.WRONG_NAME:
            return authority().issue_cert("elsewhere.example")
        case Certificate.UNTRUSTED:
            return trustme.CA().issue_cert(*names)
        case Certificate.EXPIRED:
            yesterday = datetime.now(UTC) - timedelta(days=1)
            return authority().issue_cert(*names, not_after=yesterday)
        case Certificate.GOOD:
            return authority().issue_cert(*names)

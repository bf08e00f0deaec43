"""Securing an open connection: contexts, the handshake, and what was agreed on.

TLS 1.2 or newer, names and chains by the system's trust store (`SSL_CERT_FILE` is honoured).
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime

from panel.domain.connection_test import TlsDetails
from panel.domain.outcome import Fault, Stage
from panel.drivers.certificate import read_certificate
from panel.drivers.dialler import failure_text, sentence
from panel.drivers.trouble import Trouble


class TrustStore:
    """Makes one context for verified and one for unverified connections, when first needed."""

    def __init__(self, cafile: str | None = None, *, protocols: tuple[str, ...] = ()) -> None:
        """Trusts the system's authorities, or those in the PEM file `cafile` instead.

        `protocols`: what is offered to be spoken inside, the best first (ALPN, RFC 7301).
        """
        self._cafile = cafile
        self._protocols = protocols
        self._contexts: dict[bool, ssl.SSLContext] = {}

    def context(self, *, is_verified: bool) -> ssl.SSLContext:
        """The context to connect with; unverified ones still encrypt."""
        if is_verified not in self._contexts:
            self._contexts[is_verified] = self._make(is_verified=is_verified)
        return self._contexts[is_verified]

    def _make(self, *, is_verified: bool) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._cafile)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._protocols:
            context.set_alpn_protocols(list(self._protocols))
        if not is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class TlsTerms:
    """How to secure a connection, if it comes to that: to whom, and trusting whom."""

    host: str
    trust: TrustStore
    is_verified: bool


async def secure(
    transport: asyncio.Transport,
    protocol: asyncio.Protocol,
    terms: TlsTerms,
    *,
    stage: Stage,
    timeout_s: float,
) -> asyncio.Transport | Trouble:
    """Shakes hands over `transport`; the certificate must fit the terms.

    When that fails the connection is closed: there is no way back to clear text.
    """
    closed = Trouble(stage, Fault.TLS, "The connection closed during the TLS handshake")
    if transport.is_closing():
        return closed
    loop = asyncio.get_running_loop()
    context = terms.trust.context(is_verified=terms.is_verified)
    try:
        async with asyncio.timeout(timeout_s):
            secured = await loop.start_tls(transport, protocol, context, server_hostname=terms.host)
    except TimeoutError:
        trouble = Trouble(stage, Fault.TIMEOUT, "The TLS handshake did not end in time")
    except ssl.SSLCertVerificationError as error:
        trouble = Trouble(stage, Fault.CERTIFICATE, sentence(error.verify_message))
    except ssl.SSLError as error:
        trouble = Trouble(stage, Fault.TLS, failure_text(error))
    except OSError as error:
        trouble = Trouble(stage, Fault.TLS, f"The TLS handshake failed: {failure_text(error)}")
    else:
        # A connection that is lost half-way can look like success to the event loop.
        if secured is not None and secured.get_extra_info("ssl_object") is not None:
            return secured
        trouble = closed
    transport.abort()
    return trouble


def describe(transport: asyncio.Transport, *, is_trusted: bool) -> TlsDetails | None:
    """What a secured `transport` agreed on; None for one in clear text."""
    secured = transport.get_extra_info("ssl_object")
    if secured is None:
        return None
    cipher = secured.cipher()
    certificate = read_certificate(secured.getpeercert(binary_form=True) or b"")
    return TlsDetails(
        version=secured.version() or "",
        cipher=cipher[0] if cipher else "",
        trusted=is_trusted,
        subject=certificate.subject,
        issuer=certificate.issuer,
        not_after=certificate.not_after,
    )


def certificate_end(transport: asyncio.Transport | None) -> datetime | None:
    """When the certificate of a secured `transport` ends; None in clear text, or if unreadable."""
    details = describe(transport, is_trusted=False) if transport is not None else None
    return details.ends_at if details is not None else None

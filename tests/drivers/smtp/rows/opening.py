"""Rows 1 to 13: from the name of the host to the login."""

from __future__ import annotations

import socket
from typing import Any

from panel.domain.outcome import Effect, Move
from panel.domain.provider import Encryption
from panel.drivers.egress import EgressPolicy
from panel.drivers.resolver import Resolver
from tests.drivers.smtp.accounts import PATIENT
from tests.drivers.smtp.rows.case import (
    LOGIN,
    SENT,
    TLS,
    USERS,
    Arrange,
    Case,
    drops,
    provider,
    replies,
    says,
    stalls,
)
from tests.fakes.smtp_certificates import Certificate
from tests.fakes.smtp_server import SmtpServer


def knows(*addresses: str) -> Resolver:
    """A name server that answers with these addresses."""

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return addresses

    return resolve


def fails(code: int) -> Resolver:
    """A name server that fails."""

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(code, "as the case asks")

    return resolve


def stop(server: SmtpServer) -> None:
    """Nobody listens any more."""
    server.stop()


def floods(stage: str) -> Arrange:
    """The server says more than anybody wants to hear."""
    return lambda server: server.flood(stage)


NAMED = {"host": "smtp.example.net"}
SECURE = {**TLS, **LOGIN}
OFFERS_TLS = {"starttls": True, **USERS}
LOGS_IN: dict[str, Any] = {"features": USERS, "account": LOGIN}
OPEN, LONG, DISABLE = Effect.OPEN, Effect.OPEN_LONG, Effect.DISABLE
UNREACHABLE = (provider("unreachable", OPEN),)
BUSY, AWAY = provider("server_busy", OPEN), provider("turned_away", LONG)
NO_TLS = (provider("tls_failed", OPEN),)
UNTRUSTED = (provider("certificate_untrusted", Effect.DISABLE_AFTER_TWO),)
REFUSED_LOGIN = provider("login_refused", DISABLE)
APP_PASSWORD = provider("app_password_required", DISABLE)
UNSUPPORTED = provider("login_not_supported", DISABLE)
SWITCHED_OFF = provider("login_switched_off", DISABLE)
POSTPONED = provider("login_postponed", OPEN)
LOST, TIMED_OUT = provider("connection_lost", OPEN), provider("timed_out", OPEN)

REACHING = (
    Case(1, "the name server fails", (provider("dns_failed", Effect.OPEN_AFTER_THREE),),
         account=NAMED, resolver=fails(socket.EAI_AGAIN)),
    Case(2, "the host is unknown", (provider("host_unknown", LONG),),
         account=NAMED, resolver=fails(socket.EAI_NONAME)),
    Case(2, "the host has no address", (provider("host_unknown", LONG),),
         account=NAMED, resolver=knows()),
    Case(3, "the address is not allowed", (provider("address_blocked", DISABLE),),
         account={"egress": EgressPolicy.parse("public")}),
    Case(3, "one of its addresses is not allowed", (provider("address_blocked", DISABLE),),
         account={**NAMED, "egress": EgressPolicy.parse("loopback")},
         resolver=knows("127.0.0.1", "10.0.0.1")),
    Case(4, "the port is closed", UNREACHABLE, stop),
    Case(4, "the other address answers", (SENT,), account={**NAMED, "timeouts": PATIENT},
         resolver=knows("127.0.0.2", "::1", "127.0.0.1")),
    Case(4, "no address answers", UNREACHABLE, account=NAMED,
         resolver=knows("127.0.0.2", "127.0.0.3")),
)  # fmt: skip

GREETING = (
    Case(5, "no banner in time", (provider("no_banner", OPEN),), stalls("banner")),
    Case(5, "it hangs up instead of a banner", (provider("no_banner", OPEN),), drops("banner")),
    *replies(5, "banner", {
        "421 4.3.2 Too busy": BUSY,
        "450 4.3.2 Not now": BUSY,
        "554 Too many connections, try again later": BUSY,
    }),
    *replies(6, "banner", {
        "554 5.7.1 No service for you": AWAY,
        "521 No mail here": AWAY,
        "550 Go away": AWAY,
    }),
    Case(7, "no EHLO, and nothing depends on it", (SENT,),
         features={"has_ehlo": False, "size": None}),
    Case(7, "no EHLO, but a login is needed", (provider("greeting_refused", OPEN),),
         features={"has_ehlo": False, **USERS}, account=LOGIN),
    Case(7, "no EHLO, but TLS is needed", (provider("greeting_refused", OPEN),),
         features={"has_ehlo": False, "starttls": True}, account=TLS),
    Case(7, "EHLO and HELO are refused", (provider("greeting_refused", OPEN),),
         says("ehlo", "550 5.7.1 Not from you")),
    *replies(7, "ehlo", {"421 4.3.2 Too busy": BUSY}),
)  # fmt: skip

ENCRYPTION = (
    Case(8, "STARTTLS is not offered", (provider("starttls_missing", OPEN),), account=SECURE),
    Case(8, "STARTTLS is refused", (provider("starttls_refused", OPEN),),
         says("starttls", "502 5.5.1 Not now"), OFFERS_TLS, SECURE),
    Case(9, "TLS is not available", NO_TLS, says("starttls", "454 4.7.0 No TLS"), OFFERS_TLS,
         SECURE),
    Case(9, "the handshake breaks", NO_TLS, drops("tls"), OFFERS_TLS, SECURE),
    Case(9, "the handshake stalls", NO_TLS, stalls("tls"), OFFERS_TLS, SECURE),
    Case(9, "it does not speak TLS at all", NO_TLS,
         account={"encryption": Encryption.SSL, **LOGIN}),
    *(Case(10, f"the certificate is {bad}", UNTRUSTED, features={**OFFERS_TLS, "certificate": bad},
           account=SECURE)
      for bad in (Certificate.EXPIRED, Certificate.WRONG_NAME, Certificate.UNTRUSTED)),
    Case(11, "clear text follows the answer to STARTTLS", (provider("starttls_injection", LONG),),
         says("starttls", b"220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n"), OFFERS_TLS, SECURE),
)  # fmt: skip

LOGGING_IN = (
    *replies(12, "auth", {
        "535 5.7.8 Wrong": REFUSED_LOGIN,
        "535 Wrong": REFUSED_LOGIN,
        "530 5.7.0 Authentication required": REFUSED_LOGIN,
        "534 5.7.9 Mechanism too weak": APP_PASSWORD,
        "535 5.7.8 Application-specific password required": APP_PASSWORD,
        "538 5.7.11 Encryption required": provider("encryption_required", DISABLE),
        "504 5.5.4 Mechanism unknown": UNSUPPORTED,
        "503 5.5.1 Not enabled": UNSUPPORTED,
        "535 5.7.139 SmtpClientAuthentication is disabled for the tenant": SWITCHED_OFF,
    }, **LOGS_IN),
    Case(12, "AUTH is not offered", (provider("login_not_offered", DISABLE),), account=LOGIN),
    Case(12, "no common mechanism", (provider("login_not_offered", DISABLE),),
         features={**USERS, "mechanisms": ("XOAUTH2",)}, account=LOGIN),
    Case(12, "MAIL wants a login and there is none",
         (provider("login_required", Effect.DISABLE_AFTER_TWO),), features=USERS),
    Case(12, "MAIL wants TLS and there is none", (provider("encryption_required", DISABLE),),
         says("mail", "530 5.7.0 Must issue a STARTTLS command first")),
    Case(12, "the login is void by RCPT",
         (provider("login_denied_late", Effect.DISABLE_AFTER_TWO),), says("rcpt", "535 Suspended")),
    *replies(13, "auth", {
        "454 4.7.0 Cannot check": POSTPONED,
        "432 4.7.12 A password transition is needed": POSTPONED,
        "421 4.3.2 Closing": POSTPONED,
        "451 4.3.0 Trouble": POSTPONED,
        "535 5.7.8 Too many tries, try again later": POSTPONED,
    }, **LOGS_IN),
    Case(13, "it hangs up at the login", (LOST,), drops("auth"), **LOGS_IN),
    Case(13, "it stalls at the login", (TIMED_OUT,), stalls("auth"), **LOGS_IN),
    Case(33, "it floods the greeting", (provider("protocol_error", Effect.OPEN_AFTER_THREE),),
         floods("ehlo")),
)  # fmt: skip

CASES = (*REACHING, *GREETING, *ENCRYPTION, *LOGGING_IN)
assert all(item.move in (Move.NEXT, Move.SENT) for case in CASES for item in case.expected)

"""What went wrong in the demo's past: for each row of the outcome tables an event that leads to it.

These are the things that nobody can make happen within seconds, or that would put a provider aside
for good. What a sandbox server says is in `replies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from panel.domain import http_outcomes, smtp_outcomes
from panel.domain.http_rules import HTTP_RULES
from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a provider did, or that happened on the way to it."""

    stage: Stage
    reply: str = ""
    """As it stood on the wire; of an API its status and text."""
    fault: Fault = Fault.REPLY
    detail: str = ""
    """Our own words where there is no reply."""
    rule: str = ""
    """The row of an API's answer, or one that our own code refers to by name."""
    took_ms: int = 180
    reference: str = ""
    """Under which an API took it."""

    @property
    def outcome(self) -> Outcome:
        """What the outcome tables make of it."""
        reply = _reply(self.reply) if self.reply else None
        if self.rule == WORKER_LOST:
            return smtp_outcomes.by_name(self.rule, self.stage, detail=self.detail)
        if self.rule:
            row = http_outcomes.rule(self.rule)
            detail, reference = self.detail, self.reference
            return http_outcomes.outcome(row, reply=reply, detail=detail, reference=reference)
        return smtp_outcomes.classify(self.stage, self.fault, reply, detail=self.detail)


WORKER_LOST = "worker_lost"


def accepted(number: int, *, took_ms: int) -> Event:
    """A mail that was taken by SMTP."""
    return Event(Stage.FINAL, f"250 2.0.0 Ok: queued as {number:X}", took_ms=took_ms)


def accepted_by_api(number: int, *, took_ms: int) -> Event:
    """The same by an API."""
    reference = f"re_{number:x}"
    return Event(Stage.FINAL, "200 OK", rule="api_accepted", took_ms=took_ms, reference=reference)


def _phrase(statuses: str) -> str:
    status = HTTPStatus(int(statuses[:3]))
    return f"{status.value} {status.phrase}"


def _reply(text: str) -> Reply:
    code, _, rest = text.partition(" ")
    return Reply(int(code), (rest,))


_S, _F = Stage, Fault
LATE_MS, BREAK_MS = 600_000, 30_000

BROKEN: tuple[Event, ...] = (
    Event(_S.FINAL, fault=_F.LOST, detail="Connection reset by peer", took_ms=4_200),
    Event(_S.FINAL, fault=_F.TIMEOUT, detail="No answer within 600 s", took_ms=LATE_MS),
    Event(_S.FINAL, fault=_F.PROTOCOL, detail="Not a reply: “HTTP/1.1 502 Bad Gateway”"),
    Event(_S.FINAL, rule=WORKER_LOST, detail="The worker ended while it handed the mail over"),
    Event(_S.ROUTE, fault=_F.SECRET, detail="The stored password cannot be decrypted", took_ms=1),
    Event(_S.MAIL, fault=_F.BUILD, detail="A line is longer than 998 octets", took_ms=1),
    Event(_S.RESOLVE, fault=_F.DNS_TEMPORARY, detail="The resolver did not answer", took_ms=5_000),
    Event(_S.RESOLVE, fault=_F.DNS_UNKNOWN, detail="No such host: smtp.alhpa.example"),
    Event(_S.CONNECT, fault=_F.BLOCKED, detail="169.254.169.254 is not allowed", took_ms=2),
    Event(_S.CONNECT, fault=_F.CONNECT, detail="Connection refused", took_ms=3),
    Event(_S.BANNER, fault=_F.TIMEOUT, detail="No greeting within 30 s", took_ms=BREAK_MS),
    Event(_S.STARTTLS, fault=_F.STARTTLS_MISSING, detail="STARTTLS is not offered"),
    Event(_S.TLS, fault=_F.TLS, detail="No protocol version in common"),
    Event(_S.TLS, fault=_F.CERTIFICATE, detail="The certificate expired on 2026-11-20"),
    Event(_S.STARTTLS, fault=_F.STARTTLS_INJECTION, detail="Clear text followed the 220"),
    Event(_S.AUTH, fault=_F.AUTH_MISSING, detail="AUTH is not offered"),
    Event(_S.RCPT, fault=_F.LOST, detail="Connection reset by peer"),
    Event(_S.DATA, fault=_F.TIMEOUT, detail="No answer within 120 s", took_ms=120_000),
    Event(_S.MAIL, fault=_F.PROTOCOL, detail="A reply line of 70,000 bytes"),
    Event(_S.MAIL, fault=_F.TOO_LARGE, detail="31,457,280 bytes, 10,485,760 are allowed"),
    Event(_S.MAIL, fault=_F.SMTPUTF8_MISSING, detail="SMTPUTF8 is not offered"),
    Event(_S.MAIL, fault=_F.EIGHTBIT_MISSING, detail="8BITMIME is not offered"),
)
SAID: tuple[Event, ...] = (
    Event(_S.BANNER, "421 mx.alpha.example Service unavailable - try again later"),
    Event(_S.BANNER, "554 mx.alpha.example ESMTP not accepting connections"),
    Event(_S.EHLO, "550 EHLO denied"),
    Event(_S.STARTTLS, "502 5.5.1 Error: command not implemented"),
    Event(_S.AUTH, "504 CRAM-MD5 authentication mechanism not supported"),
    Event(_S.AUTH, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."),
    Event(_S.AUTH, "534 5.7.9 Application-specific password required."),
    Event(_S.AUTH, "454 4.7.0 Temporary authentication failure: try again"),
    Event(_S.AUTH, "538 5.7.11 Encryption required for requested authentication mechanism"),
    Event(_S.AUTH, "535 5.7.8 Error: authentication failed"),
    Event(_S.RCPT, "451 4.7.1 Greylisting in action, please come back later", took_ms=90),
    Event(_S.MAIL, "550 5.4.5 Daily user sending limit exceeded"),
    Event(_S.MAIL, "421 Too many messages in this connection"),
    Event(_S.RCPT, "550 5.7.133 Sender not authenticated for group"),
    Event(_S.RCPT, "552 5.2.2 Mailbox full"),
    Event(_S.RCPT, "452 4.5.3 Error: too many recipients"),
    Event(_S.RCPT, "450 4.1.8 <post@northwind.example>: Sender address rejected: not found"),
    Event(_S.RCPT, "452 4.2.2 The email account that you tried to reach is over quota."),
    Event(_S.RCPT, "501 5.1.3 Bad recipient address syntax"),
    Event(_S.RCPT, "556 Domain does not accept mail"),
    Event(_S.RCPT, "550 5.2.1 This mailbox has been disabled"),
    Event(_S.RCPT, "550 5.1.1 Recipient address rejected: User unknown in local recipient table"),
    Event(_S.FINAL, "550 5.1.1 Invalid recipient"),
    Event(_S.FINAL, "450 4.2.1 The mailbox is busy"),
    Event(_S.MAIL, "554 5.7.1 Sending suspended: account suspended, please see your inbox"),
    Event(_S.MAIL, "552 5.3.4 Message size exceeds fixed limit"),
    Event(_S.FINAL, "500 Line limit exceeded"),
    Event(_S.MAIL, "555 5.5.4 Unsupported option: BODY=8BITMIME"),
    Event(_S.MAIL, "450 4.7.1 Error: too much mail from 192.0.2.7"),
    Event(_S.MAIL, "451 4.7.500 Server busy. Please come back."),
    Event(_S.MAIL, "421 4.4.2 mx.alpha.example Error: timeout exceeded"),
    Event(_S.RCPT, "450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.7]"),
    Event(_S.FINAL, "451 4.3.0 Error: queue file write error"),
    Event(_S.FINAL, "550 5.7.26 Unauthenticated mail from this domain is not accepted"),
    Event(_S.MAIL, "530 5.5.1 Authentication Required."),
    Event(_S.MAIL, "550 5.7.708 Access denied, traffic not accepted from this IP."),
    Event(_S.MAIL, "550 5.7.1 Access denied"),
    Event(_S.RCPT, "554 5.7.1 Relay access denied"),
    Event(_S.RCPT, "535 Mail server has been suspended"),
    Event(
        _S.RCPT, "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using bl.example.org"
    ),
    Event(_S.RCPT, "550 5.7.0 Denied by policy"),
    Event(_S.FINAL, "554 5.7.1 Message rejected: its content looks like spam (score 9.2)"),
    Event(_S.FINAL, "552 Requested mail action aborted: exceeded storage allocation"),
    Event(_S.MAIL, "503 EHLO/HELO first please"),
    Event(_S.MAIL, "451 Requested action aborted: error in processing"),
    Event(_S.MAIL, "554 Transaction failed"),
    Event(_S.RCPT, "451 4.7.1 Service unavailable - try again later"),
    Event(_S.RCPT, "550 Administrative prohibition"),
    Event(_S.DATA, "554 5.5.1 Error: no valid recipients"),
    Event(_S.FINAL, "451 Error in writing spool file"),
    Event(_S.FINAL, "451 4.4.2 Timeout - closing connection."),
    Event(_S.FINAL, "554 Transaction failed"),
)
_STATUS = {
    "api_accepted_without_id": "200 (an answer that is no JSON)",
    "api_repeat_under_way": "409 concurrent_idempotent_requests",
    "api_sender_refused": "403 The northwind.example domain is not verified",
    "api_account_stopped": "403 This account is suspended",
    "api_sandbox": "403 You can only send testing emails to your own address",
    "api_quota_used_up": "429 daily_quota_exceeded",
    "api_settings_wrong": "422 The stream does not exist",
    "api_content_refused": "422 The message was refused for its content",
    "api_recipient_suppressed": "422 The address is on the suppression list",
    "api_recipient_refused": "422 Invalid `to` field",
    "api_recipients_in_turn": "422 One of the recipients was refused",
    "api_server_failed": "500 Internal server error",
    "api_redirected": "301 Moved permanently",
    "api_request_refused": "400 validation_error",
}
_OURS = "api_cannot_carry"
API: tuple[Event, ...] = tuple(
    Event(
        Stage.FINAL,
        "" if row.name == _OURS else _STATUS.get(row.name) or _phrase(row.statuses),
        detail="The API has no place for such a part." if row.name == _OURS else "",
        rule=row.name,
        took_ms=240,
    )
    for row in HTTP_RULES
    if row.name != "api_accepted"
)
"""Every row of the API table but the one that nearly every mail gets."""

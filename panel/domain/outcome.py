"""What came of one try to hand a mail to a provider: whose trouble it is, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from panel.domain.reply import Reply


class Scope(StrEnum):
    """Whose trouble it is."""

    NOBODY = "nobody"
    PROVIDER = "provider"
    SENDER = "sender"
    """The provider together with this sender address."""
    MESSAGE = "message"
    RECIPIENT = "recipient"
    OURSELVES = "ourselves"


class Move(StrEnum):
    """What happens to the delivery."""

    SENT = "sent"
    NEXT = "next"
    """Fail over to the next provider of the chain now; wait when there is none."""
    NEXT_THEN_FAIL = "next_then_fail"
    """Try one more provider; its refusal is final."""
    NEXT_OR_FAIL = "next_or_fail"
    """Try every other provider; fail when the last one refused as well."""
    AGAIN = "again"
    """Offer it to the same provider in a new transaction, now."""
    WAIT = "wait"
    """Try again later, from the top of the chain."""
    WAIT_SAME = "wait_same"
    """Try again later at the same provider (greylisting looks at the address of the client)."""
    FAIL = "fail"
    UNCONFIRMED = "unconfirmed"
    """It may be out already: never repeated without a decision."""


class Effect(StrEnum):
    """What happens to the provider."""

    NONE = "none"
    RECOVER = "recover"
    """It works: close its breaker."""
    OPEN = "open"
    """Open its breaker: cool-down, then one probe mail."""
    OPEN_AFTER_THREE = "open_after_three"
    OPEN_LONG = "open_long"
    OPEN_UNTIL = "open_until"
    """Open until the hint of the other side, or until the next day."""
    DISABLE = "disable"
    """Stop using it until a person edits or tests it."""
    DISABLE_AFTER_TWO = "disable_after_two"
    REFUSE_SENDER = "refuse_sender"
    """Remember for an hour that it does not send for this From address."""


class Stage(StrEnum):
    """The step of a conversation at which something happened."""

    ROUTE = "route"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FINAL = "final"
    """After the final dot: the answer that decides."""
    RESET = "reset"
    QUIT = "quit"


class Fault(StrEnum):
    """What went wrong where no reply tells it."""

    REPLY = "reply"
    """A reply tells it."""
    DNS_TEMPORARY = "dns_temporary"
    DNS_UNKNOWN = "dns_unknown"
    BLOCKED = "blocked"
    """The egress policy does not allow the address."""
    CONNECT = "connect"
    """Refused, no route, or no answer to the connection."""
    TIMEOUT = "timeout"
    LOST = "lost"
    CERTIFICATE = "certificate"
    TLS = "tls"
    STARTTLS_MISSING = "starttls_missing"
    STARTTLS_INJECTION = "starttls_injection"
    """Bytes followed the 220 of STARTTLS in clear text (RFC 3207 section 6)."""
    AUTH_MISSING = "auth_missing"
    """No mechanism that both sides know, or AUTH not offered at all."""
    PROTOCOL = "protocol"
    """Not SMTP: too long, too many lines, codes that do not match, an answer nobody asked for."""
    TOO_LARGE = "too_large"
    """Larger than the SIZE that the server announced; nothing was sent."""
    SMTPUTF8_MISSING = "smtputf8_missing"
    EIGHTBIT_MISSING = "eightbit_missing"
    SECRET = "secret"
    """The stored password cannot be decrypted."""
    BUILD = "build"
    """The mail cannot be built or encoded."""
    LEASE_LOST = "lease_lost"
    """The worker no longer holds the delivery; nothing was handed over."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try came to, for one recipient."""

    rule: str
    """Name of the row of the outcome table, for example `login_refused`."""
    scope: Scope
    is_permanent: bool
    move: Move
    effect: Effect
    stage: Stage
    fault: Fault = Fault.REPLY
    reply: Reply | None = None
    detail: str = ""
    """Technical words where there is no reply, for example `Connection refused`."""
    provider_reference: str = ""
    """The id under which the provider took it."""
    retry_after_s: int | None = None
    pause_s: int | None = None
    """It took this mail and takes no more for so long: its allowance is used up."""
    transcript: str = field(default="", compare=False, repr=False)
    """What was said, as `panel.domain.transcript` has it: without secrets and without the content
    of the mail. Empty where nothing was said, and where all went well at once."""

    @property
    def is_sent(self) -> bool:
        """True when the provider took responsibility."""
        return self.move is Move.SENT

    @property
    def said(self) -> str:
        """The other side's words, or ours where it said nothing."""
        return str(self.reply) if self.reply is not None else self.detail

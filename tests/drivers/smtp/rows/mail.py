"""Rows 14 to 24: MAIL, RCPT and DATA."""

from __future__ import annotations

from panel.domain.outcome import Effect, Move, Scope
from tests.drivers.smtp.dialogue import a_parcel
from tests.drivers.smtp.rows.case import (
    BIG,
    SENT,
    Case,
    Expected,
    message,
    provider,
    recipient,
    replies,
    says,
    sender,
    to,
)

OPEN, THREE = Effect.OPEN, Effect.OPEN_AFTER_THREE
SLOW, RATE = provider("slow_down", OPEN), provider("rate_limited", OPEN)
CLOSING = provider("service_closing", OPEN)
TROUBLE = provider("server_trouble", THREE)
TOO_LARGE = message("too_large", Move.NEXT_OR_FAIL)
PARAMETER = message("parameter_refused", Move.NEXT_OR_FAIL)
LATER = Move.WAIT_SAME
GREYLISTED = recipient("greylisted", LATER)
WAITS = recipient("recipient_waits", LATER)
UNKNOWN = recipient("recipient_unknown")
NO_DOMAIN = recipient("recipient_domain_unknown")
NO_ADDRESS = recipient("recipient_address_invalid")
SWITCHED_OFF = recipient("recipient_disabled")
ONE_BY_ONE = Expected("too_many_recipients", Scope.NOBODY, Move.AGAIN, Effect.NONE)
DISTRUSTED = message("reputation_refused", Move.NEXT_THEN_FAIL)
POLICY = message("policy_refused", Move.NEXT_THEN_FAIL)
UNASCII = b"Subject: Gr\xc3\xbc\xc3\x9fe\r\n"

POSTPONED = replies(14, "mail", {
    "421 4.3.2 Shutting down": CLOSING,
    "421 Rate limit exceeded": RATE,
    "450 4.7.1 Not now": provider("sending_postponed", OPEN),
    "451 4.7.0 Too many messages": RATE,
    "450 4.7.1 Error: too much mail": SLOW,
    "452 4.3.1 Insufficient system storage": TROUBLE,
    "451 4.3.0 Trouble": TROUBLE,
    "450 4.1.8 Domain of sender not found": Expected(
        "sender_postponed", Scope.SENDER, Move.NEXT, Effect.NONE),
    "450 Not now": provider("mail_postponed", Effect.NONE),
    "451 4.9.9 Something new": provider("mail_postponed", Effect.NONE),
    "450 4.7.1 Your IP has a poor reputation": provider("sending_postponed", OPEN),
    "450 Your IP has a poor reputation": provider("client_postponed", THREE),
})  # fmt: skip

SENDERS = (
    *replies(15, "mail", {
        "550 5.7.1 Not yours": sender("sender_refused_plainly"),
        "553 5.1.8 Bad sender": sender("sender_refused"),
        "501 5.1.7 Bad syntax": sender("sender_refused"),
        "554 5.7.26 Unauthenticated": sender("sender_refused"),
        "553 5.7.1 Sender address rejected: not owned by user tim": sender("sender_refused"),
        "554 Email address is not verified": sender("sender_refused"),
        "550 No": sender("sender_refused_plainly"),
        "554 Transaction failed": provider("mail_refused", THREE),
        "599 Something new": provider("mail_refused", THREE),
    }),
    Case(15, "only this sender is refused", (sender("sender_refused"),),
         parcels=to(reverse_path="mail-550-5.1.8@example.org")),
    Case(15, "the sender is refused at RCPT", (sender("sender_refused"),),
         says("rcpt", "553 5.7.1 Sender address rejected: not owned by user tim")),
    Case(15, "the sender is refused after the content", (sender("sender_refused"),),
         says("final", "554 Message rejected: Email address is not verified")),
    *replies(21, "rcpt", {
        "554 5.7.1 Relay access denied": sender("relay_denied"),
        "550 relay not permitted": sender("relay_denied"),
        "530 5.7.0 Authentication required": sender("relay_denied"),
        "550 5.7.1 Sender not allowed to send": sender("sender_refused"),
    }),
)  # fmt: skip

SIZES = (
    *replies(16, "mail", {
        "552 5.3.4 Too big": TOO_LARGE,
        "552 5.2.3 Too big": TOO_LARGE,
        "552 Exceeded storage": message("too_large_unsaid", Move.NEXT_OR_FAIL),
    }),
    Case(16, "larger than the SIZE that was announced: nothing is said",
         (message("too_large_announced", Move.NEXT_OR_FAIL),), features={"size": 1000},
         parcels=to(body=BIG * 20), mails=0),
    Case(16, "too large after all, said to the dot", (TOO_LARGE,),
         says("final", "552 5.3.4 Message too big")),
    *replies(17, "mail", {
        "555 5.5.4 Unsupported option": PARAMETER,
        "504 Parameter not implemented": PARAMETER,
        "553 5.6.7 Must declare SMTPUTF8": PARAMETER,
    }),
    Case(17, "8-bit content, and no 8BITMIME",
         (message("eightbit_missing", Move.NEXT_OR_FAIL),), features={"eightbit": False},
         parcels=to(body=b"Gr\xfc\xdfe\r\n"), mails=0),
    Case(17, "an address of other letters, and no SMTPUTF8", (
        SENT, message("smtputf8_missing", Move.NEXT_OR_FAIL)), features={"smtputf8": False},
        parcels=to("kim@example.net", "jos\xe9@example.net"), mails=1),
    Case(17, "a domain of other letters goes out as A-labels", (SENT,),
         features={"smtputf8": False}, parcels=to("kim@b\xfccher.example"), mails=1),
    Case(17, "a header of other letters, and no SMTPUTF8",
         (message("smtputf8_missing", Move.NEXT_OR_FAIL),), features={"smtputf8": False},
         parcels=to(header=UNASCII), mails=0),
    Case(17, "a line is too long", (message("line_too_long", Move.NEXT_OR_FAIL),),
         says("final", "500 Line too long")),
)  # fmt: skip

RECIPIENTS = (
    *replies(18, "rcpt", {
        "450 4.2.0 Greylisted": GREYLISTED,
        "451 4.7.1 Greylisting in action": GREYLISTED,
        "450 4.2.1 Busy": WAITS,
        "452 4.2.2 Full": WAITS,
        "450 4.1.1 Cannot verify": WAITS,
        "451 4.7.1 Not now": recipient("recipient_postponed", LATER),
        "450 Not now": recipient("recipient_postponed", LATER),
        "499 Something new": recipient("recipient_postponed", LATER),
    }),
    Case(18, "greylisted after the content", (GREYLISTED,),
         says("final", "451 4.7.1 Greylisted")),
    Case(18, "the mailbox is busy after the content", (recipient("recipient_waits_late", LATER),),
         says("final", "450 4.2.0 Busy")),
    Case(18, "each recipient has its own answer", (SENT, GREYLISTED, UNKNOWN, ONE_BY_ONE),
         parcels=to("kim@example.net", "greylist-rcpt-2@example.net",
                    "reply-550-5.1.1@example.net", "reply-452-4.5.3@example.net"), mails=1),
    *replies(19, "rcpt", {
        "452 4.5.3 Too many recipients": ONE_BY_ONE,
        "452 Too many": ONE_BY_ONE,
        "552 Too many recipients": ONE_BY_ONE,
        "552 5.5.3 Too many": ONE_BY_ONE,
        "552 No": ONE_BY_ONE,
    }),
    Case(19, "the rest goes in the next transaction", (SENT,),
         parcels=(a_parcel("kim@example.net", "reply-452-4.5.3@example.net"),
                  a_parcel("lee@example.net")), mails=2),
    *replies(20, "rcpt", {
        "550 5.1.1 Unknown": UNKNOWN,
        "551 5.1.6 Moved": UNKNOWN,
        "550 5.1.10 Not found": UNKNOWN,
        "550 No such user": UNKNOWN,
        "550 5.1.2 No such domain": NO_DOMAIN,
        "556 5.1.10 Null MX": NO_DOMAIN,
        "553 5.1.3 Syntax": NO_ADDRESS,
        "501 Syntax": NO_ADDRESS,
        "550 5.2.1 Off": SWITCHED_OFF,
        "525 5.7.13 Off": SWITCHED_OFF,
        "550 5.7.133 Members only": recipient("recipient_restricted"),
        "550 No": recipient("recipient_refused"),
        "598 Something new": recipient("recipient_refused"),
    }),
    Case(20, "unknown, said after the content", (recipient("recipient_refused_late"),),
         says("final", "550 5.1.1 User unknown")),
    *replies(22, "rcpt", {
        "554 5.7.1 Client host blocked using zen.spamhaus.org": DISTRUSTED,
        "550 Poor reputation": DISTRUSTED,
        "550 5.7.1 No": POLICY,
        "550 Looks like spam": POLICY,
    }),
    *replies(22, "mail", {"550 5.7.1 Your IP is on a blocklist": provider(
        "client_blocked", Effect.OPEN_LONG)}),
    *replies(23, "rcpt", {
        "552 5.2.2 Full": recipient("recipient_mailbox_full"),
        "550 Mailbox full": recipient("recipient_mailbox_full"),
    }),
)  # fmt: skip

DATA = (
    *replies(24, "data", {
        "451 No": provider("server_trouble_unsaid", THREE),
        "450 4.2.9 No": message("content_postponed", Move.WAIT),
        "503 5.5.1 No": provider("command_refused", THREE),
        "554 No": provider("data_refused", THREE),
        "550 5.7.1 No": message("content_refused", Move.FAIL),
    }),
    Case(24, "no recipient was taken: their own answers count", (UNKNOWN, WAITS), mails=0,
         parcels=to("reply-550-5.1.1@example.net", "reply-450-4.2.1@example.net")),
)  # fmt: skip

CASES = (*POSTPONED, *SENDERS, *SIZES, *RECIPIENTS, *DATA)

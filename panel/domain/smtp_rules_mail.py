"""The rows of the outcome table for a mail on the wire: from MAIL to the answer to the dot."""

from __future__ import annotations

from panel.domain import smtp_rules_words as words
from panel.domain.outcome import Effect, Fault, Move, Scope, Stage
from panel.domain.smtp_rules import EVERYWHERE, Rule, at, on, sign

_MAIL, _RCPT = at(Stage.MAIL), at(Stage.RCPT)
_END = at(Stage.BODY, Stage.FINAL)
_CONTENT = at(Stage.DATA, Stage.BODY, Stage.FINAL)
_TRANSACTION = at(Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY, Stage.FINAL)

ACCEPTED_RULES: tuple[Rule, ...] = (
    Rule(
        "accepted", 26, at(Stage.FINAL), Scope.NOBODY, False,
        Move.SENT, Effect.RECOVER, signs=(sign("2"),),
        because="With a 2yz to the dot the server has taken responsibility (RFC 5321 section 6.1).",
    ),
)  # fmt: skip

ALLOWANCE_RULES: tuple[Rule, ...] = (
    Rule(
        "greylisted", 18, _TRANSACTION, Scope.RECIPIENT, False,
        Move.WAIT_SAME, Effect.NONE, signs=(sign("4", words=words.GREYLIST),),
        because="It wants to see the same client again later; from another provider the waiting "
        "would begin anew.",
    ),
    Rule(
        "quota_used_up", 29, at(Stage.BANNER, Stage.AUTH, *_TRANSACTION), Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN_UNTIL,
        signs=(
            sign("4 5", words=words.QUOTA), sign("5", "5.4.5"),
            sign(
                "552", "none", ("quota exceeded", "limit exceeded"),
                at(Stage.MAIL, Stage.DATA, Stage.BODY, Stage.FINAL),
            ),
        ),
        because="The allowance of our account is spent until it says, or until the next day. At "
        "RCPT a quota of which no more is said is that of the mailbox.",
    ),
    Rule(
        "rate_limited", 14, _TRANSACTION, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN, signs=(sign("4 5", words=words.RATE),),
        because="It names a rate that we exceed; whatever code it chose, that is about us and "
        "passes soon.",
    ),
)  # fmt: skip

RECIPIENT_RULES: tuple[Rule, ...] = (
    Rule(
        "recipient_restricted", 20, _RCPT, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE,
        signs=(
            sign("5", "5.7.124 5.7.125 5.7.129 5.7.133 5.7.134 5.7.135 5.7.136 5.7.137"),
            sign("5", "5.7.1", ("restricted", "not authorized to send to", "resolver.rst")),
            sign("5", "5.2.1", ("at a rate", "too quickly")),
        ),
        because="The mailbox or group takes mail from a chosen circle only; no other way in.",
    ),
    Rule(
        "recipient_mailbox_full", 23, _RCPT, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE,
        signs=(sign("5", "5.2.2"), sign("5", words=words.MAILBOX_FULL)),
        because="Full for good as far as its server is concerned; the address itself is right.",
    ),
    Rule(
        "too_many_recipients", 19, _RCPT, Scope.NOBODY, False,
        Move.AGAIN, Effect.NONE,
        signs=(
            sign("452", "4.5.3 none"), sign("552", "none 5.5.3"), sign("5", "5.5.3"),
            sign("421 451", "4.5.3"), sign("452 55", words=words.TOO_MANY_RECIPIENTS),
            sign("4", words=words.ONE_TRANSACTION),
        ),
        because="A limit for one transaction: the rest goes in the next one. A 552 here means 452 "
        "(RFC 5321 section 4.5.3.1.10); some say 451, or 421 and want a new connection.",
    ),
    Rule(
        "sender_postponed", 14, at(Stage.MAIL, Stage.RCPT), Scope.SENDER, False,
        Move.NEXT, Effect.NONE,
        signs=(sign("450 451 452", "4.1.7 4.1.8"), sign("450 451", words=("sender address",))),
        because="It cannot check the sender's domain now; Postfix says so at RCPT. Another "
        "provider may be able to, and the recipient has no part in it.",
    ),
    Rule(
        "recipient_waits", 18, _RCPT, Scope.RECIPIENT, False,
        Move.WAIT_SAME, Effect.NONE,
        signs=(
            sign("450 451 452", "4.1.* 4.2.*"), sign("4", words=words.MAILBOX_FULL),
            sign("4", words=words.BUSY_RECIPIENT),
        ),
        because="The mailbox is busy, full or locked for now; another provider would hear the "
        "same.",
    ),
    Rule(
        "recipient_address_invalid", 20, _RCPT, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE, signs=(sign("5", "5.1.3"), sign("501")),
        because="It cannot be read as an address.",
    ),
    Rule(
        "recipient_domain_unknown", 20, _RCPT, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE,
        signs=(
            sign("5", "5.1.2 5.4.4 5.4.310"), sign("556"), sign("5", "5.1.10", ("null mx",)),
            sign("5", "none", words.UNKNOWN_DOMAIN),
        ),
        because="The domain does not exist or takes no mail (556, null MX: RFC 7504, 7505).",
    ),
    Rule(
        "recipient_disabled", 20, _RCPT, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE,
        signs=(
            sign("5", "5.2.1"), sign("525"),
            sign("55", "none 5.5.0", words.DISABLED_RECIPIENT),
        ),
        because="The mailbox is there but switched off.",
    ),
    Rule(
        "recipient_unknown", 20, _RCPT, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE,
        signs=(
            sign("5", "5.1.1 5.1.6 5.1.10 5.7.504 5.7.505"),
            sign("55", "none 5.0.* 5.1.* 5.4.1 5.5.* 5.7.1", words.UNKNOWN_RECIPIENT),
        ),
        because="There is no such mailbox; every provider would hear the same.",
    ),
    Rule(
        "recipient_refused_late", 20, _END, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE,
        signs=(
            sign("5", "5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1 5.2.2"),
            sign("55", "none", words.UNKNOWN_LATE),
        ),
        because="Said after the content, and it may mean one of several recipients; so no address "
        "is put on a list of unknown ones for it.",
    ),
    Rule(
        "recipient_waits_late", 18, _END, Scope.RECIPIENT, False,
        Move.WAIT_SAME, Effect.NONE,
        signs=(sign("450 451 452", "4.1.1 4.2.*"), sign("4", words=words.BUSY_RECIPIENT)),
        because="The mailbox cannot take mail now, noticed only after the content.",
    ),
)  # fmt: skip

LIMIT_RULES: tuple[Rule, ...] = (
    Rule(
        "account_suspended", 29, at(Stage.MAIL, *_CONTENT), Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN_UNTIL, signs=(sign("4 5", words=words.SUSPENDED),),
        because="The provider has stopped our account. At RCPT the same words mean the "
        "recipient's account.",
    ),
    Rule(
        "too_large", 16, _TRANSACTION, Scope.MESSAGE, True,
        Move.NEXT_OR_FAIL, Effect.NONE,
        signs=(
            sign("5", "5.2.3 5.3.4"), sign("552", words=("size",)), sign("55", words=words.SIZE),
        ),
        because="Over this provider's limit; another may have a larger one.",
    ),
    Rule(
        "too_large_announced", 16, EVERYWHERE, Scope.MESSAGE, True,
        Move.NEXT_OR_FAIL, Effect.NONE, faults=on(Fault.TOO_LARGE),
        because="Over the SIZE of its EHLO answer, so it was not even tried (RFC 1870).",
    ),
    Rule(
        "line_too_long", 17, _END, Scope.MESSAGE, True,
        Move.NEXT_OR_FAIL, Effect.NONE, signs=(sign("5", words=words.LINE),),
        because="A limit on lines, which servers draw differently (RFC 5321 section 4.5.3.1.6).",
    ),
    Rule(
        "smtputf8_missing", 17, EVERYWHERE, Scope.MESSAGE, True,
        Move.NEXT_OR_FAIL, Effect.NONE, faults=on(Fault.SMTPUTF8_MISSING),
        because="An address has letters that need SMTPUTF8 (RFC 6531); they cannot be rewritten.",
    ),
    Rule(
        "eightbit_missing", 17, EVERYWHERE, Scope.MESSAGE, True,
        Move.NEXT_OR_FAIL, Effect.NONE, faults=on(Fault.EIGHTBIT_MISSING),
        because="The content has 8-bit bytes and the server takes seven bits (RFC 6152).",
    ),
    Rule(
        "parameter_refused", 17, _TRANSACTION, Scope.MESSAGE, True,
        Move.NEXT_OR_FAIL, Effect.NONE,
        signs=(
            sign("555"), sign("5", "5.6.7 5.6.9"), sign("504"),
            sign("5", words=("smtputf8", "8bitmime", "utf8")),
        ),
        because="It does not know something that this mail needs; another provider may.",
    ),
)  # fmt: skip

PROVIDER_RULES: tuple[Rule, ...] = (
    Rule(
        "slow_down", 14, _TRANSACTION, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN, signs=(sign("4", words=words.TOO_MUCH),),
        because="Too much at once from us: a short rest, meanwhile another provider.",
    ),
    Rule(
        "sending_postponed", 14, _MAIL, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN, signs=(sign("4", "4.7.*"),),
        because="A policy holds us back before it has seen a recipient, so it means us.",
    ),
    Rule(
        "service_closing", 14, _TRANSACTION, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN, signs=(sign("421"),),
        because="It ends the connection (RFC 5321 section 3.8); nothing was taken.",
    ),
    Rule(
        "client_postponed", 22, _TRANSACTION, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN_AFTER_THREE, signs=(sign("4", words=words.REPUTATION),),
        because="It distrusts the address the mail comes from; another provider has another one.",
    ),
    Rule(
        "server_trouble", 27, _TRANSACTION, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN_AFTER_THREE,
        signs=(
            sign("4", "4.3.*"), sign("4", words=words.OWN_TROUBLE), sign("5", "5.3.2 5.3.5"),
        ),
        because="Its own disk, queue or look-ups fail. To wait for it alone would hold the mail "
        "up while a healthy provider stands by.",
    ),
)  # fmt: skip

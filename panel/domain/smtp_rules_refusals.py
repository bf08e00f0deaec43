"""The rows of the outcome table for refused senders and content, and the last row of each step."""

from __future__ import annotations

from panel.domain import smtp_rules_words as words
from panel.domain.outcome import Effect, Move, Scope, Stage
from panel.domain.smtp_rules import Rule, at, sign

_MAIL, _RCPT, _DATA = at(Stage.MAIL), at(Stage.RCPT), at(Stage.DATA)
_END = at(Stage.BODY, Stage.FINAL)
_CONTENT = at(Stage.DATA, Stage.BODY, Stage.FINAL)
_TRANSACTION = at(Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY, Stage.FINAL)

REFUSAL_RULES: tuple[Rule, ...] = (
    Rule(
        "sender_refused", 15, _TRANSACTION, Scope.SENDER, True,
        Move.NEXT_OR_FAIL, Effect.REFUSE_SENDER,
        signs=(
            sign(
                "5", "5.1.7 5.1.8 5.7.20 5.7.21 5.7.22 5.7.23 5.7.24 5.7.26 5.7.27 5.7.29 "
                "5.7.60 5.7.509 5.7.515 5.7.750",
            ),
            sign("5", words=words.SENDER),
        ),
        because="This provider does not send for this From address; for others it does, so its "
        "health is untouched and another provider is asked.",
    ),
    Rule(
        "login_required", 12, _MAIL, Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE_AFTER_TWO,
        signs=(sign("530"), sign("5", words=words.RELAY)),
        because="It wants a login before any mail, and the settings give none.",
    ),
    Rule(
        "client_blocked", 22, _MAIL, Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN_LONG,
        signs=(sign("5", words=words.REPUTATION), sign("5", "5.7.25 5.7.28")),
        because="It blocks the address we come from, whatever the mail (5.7.25: RFC 7372).",
    ),
    Rule(
        "sender_refused_plainly", 15, _MAIL, Scope.SENDER, True,
        Move.NEXT_OR_FAIL, Effect.REFUSE_SENDER,
        signs=(sign("5", "5.7.*"), sign("550 553 501")),
        because="A no to MAIL FROM with a code about mailbox or policy is about its one argument.",
    ),
    Rule(
        "relay_denied", 21, _RCPT, Scope.SENDER, True,
        Move.NEXT_OR_FAIL, Effect.REFUSE_SENDER,
        signs=(sign("530"), sign("5", words=words.RELAY)),
        because="It does not carry this sender's mail to others: not logged in, or not its own.",
    ),
    Rule(
        "login_denied_late", 12, at(Stage.RCPT, *_CONTENT), Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE_AFTER_TWO, signs=(sign("535"),),
        because="535 belongs to AUTH; some relays tell so late that the account is closed.",
    ),
    Rule(
        "reputation_refused", 22, at(Stage.RCPT, *_CONTENT), Scope.MESSAGE, True,
        Move.NEXT_THEN_FAIL, Effect.NONE,
        signs=(sign("5", words=words.REPUTATION), sign("5", "5.7.25 5.7.28")),
        because="The recipient's side distrusts the address it comes from. Another provider has "
        "another one, so one more try; neither provider nor recipient is at fault alone.",
    ),
    Rule(
        "policy_refused", 22, _RCPT, Scope.MESSAGE, True,
        Move.NEXT_THEN_FAIL, Effect.NONE,
        signs=(sign("5", "5.7.*"), sign("5", words=words.CONTENT), sign("5", words=("policy",))),
        because="A policy between these two parties, with no word on which; one more try.",
    ),
    Rule(
        "content_refused", 28, _CONTENT, Scope.MESSAGE, True,
        Move.FAIL, Effect.NONE,
        signs=(sign("5", "5.6.* 5.7.*"), sign("5", words=words.CONTENT)),
        because="The content is what it dislikes, and the content would come along to the next "
        "provider and harm its standing too.",
    ),
)  # fmt: skip

LAST_RULES: tuple[Rule, ...] = (
    Rule(
        "too_large_unsaid", 16, at(Stage.MAIL, *_CONTENT), Scope.MESSAGE, True,
        Move.NEXT_OR_FAIL, Effect.NONE, signs=(sign("552", "none"),),
        because="552 without more stands for its storage limit (RFC 5321 section 4.2.3).",
    ),
    Rule(
        "command_refused", 33, _TRANSACTION, Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN_AFTER_THREE,
        signs=(sign("500 502 503"), sign("554", words=("synchroni",))),
        because="It does not follow the dialogue (RFC 5321 section 4.2.4); that says nothing about "
        "mail, sender or recipient.",
    ),
    Rule(
        "mail_postponed", 14, _MAIL, Scope.PROVIDER, False,
        Move.NEXT, Effect.NONE, signs=(sign("4"),),
        because="Any other 4yz to MAIL: not now. Perhaps for this sender only, so the breaker "
        "stays closed; and another provider may take it now, so it does not wait.",
    ),
    Rule(
        "mail_refused", 15, _MAIL, Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN_AFTER_THREE, signs=(sign("5"),),
        because="Any other 5yz to MAIL says nothing of sender or size, so it counts as the "
        "provider's and moves the mail.",
    ),
    Rule(
        "recipient_postponed", 18, _RCPT, Scope.RECIPIENT, False,
        Move.WAIT_SAME, Effect.NONE, signs=(sign("4"),),
        because="Any other 4yz to RCPT is about that recipient and often hidden greylisting "
        "(451 4.7.1).",
    ),
    Rule(
        "recipient_refused", 20, _RCPT, Scope.RECIPIENT, True,
        Move.FAIL, Effect.NONE, signs=(sign("5"),),
        because="Any other 5yz to RCPT is a no to that recipient; not sure enough to remember the "
        "address as unknown.",
    ),
    Rule(
        "data_refused", 24, _DATA, Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN_AFTER_THREE, signs=(sign("5"),),
        because="Recipients were taken and DATA was not, before a word of the content: the "
        "provider's. (With no recipient taken, their own replies decide.)",
    ),
    Rule(
        "server_trouble_unsaid", 27, _CONTENT, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN_AFTER_THREE, signs=(sign("451 452 454", "none"),),
        because="Bare, these stand for an error or a full disk of its own (RFC 5321 section "
        "4.2.3), so a healthy provider need not wait.",
    ),
    Rule(
        "content_postponed", 27, _CONTENT, Scope.MESSAGE, False,
        Move.WAIT, Effect.NONE, signs=(sign("4"),),
        because="Any other 4yz to the content: not accepted, worth another try later.",
    ),
    Rule(
        "content_refused_unsaid", 28, _END, Scope.MESSAGE, True,
        Move.FAIL, Effect.NONE, signs=(sign("5"),),
        because="Any other 5yz to the dot: the first digit decides (RFC 5321 section 4.2.1).",
    ),
)  # fmt: skip

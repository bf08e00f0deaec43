"""The rows of the outcome table up to the login, and those of a connection that breaks."""

from __future__ import annotations

from panel.domain import smtp_rules_words as words
from panel.domain.outcome import Effect, Fault, Move, Scope, Stage
from panel.domain.smtp_rules import EVERYWHERE, Rule, at, on, sign

_BEFORE_FINAL = EVERYWHERE - {Stage.FINAL}
_REACHING = at(Stage.ROUTE, Stage.RESOLVE, Stage.CONNECT)
_HANDSHAKE = at(Stage.STARTTLS, Stage.TLS)

LOST_RULES: tuple[Rule, ...] = (
    Rule(
        "answer_lost", 30, at(Stage.FINAL), Scope.PROVIDER, False,
        Move.UNCONFIRMED, Effect.OPEN,
        faults=on(
            Fault.LOST, Fault.TLS, Fault.CONNECT, Fault.CERTIFICATE, Fault.DNS_TEMPORARY,
            Fault.DNS_UNKNOWN, Fault.STARTTLS_MISSING, Fault.STARTTLS_INJECTION,
            Fault.AUTH_MISSING, Fault.BLOCKED,
        ),
        because="The whole mail and its dot were out; only the answer is missing. It may have "
        "been taken, so neither sending it again nor giving up is safe.",
    ),
    Rule(
        "answer_timed_out", 31, at(Stage.FINAL), Scope.PROVIDER, False,
        Move.UNCONFIRMED, Effect.OPEN,
        faults=on(Fault.TIMEOUT),
        because="After ten minutes without an answer to the dot (RFC 5321 section 4.5.3.2.6) the "
        "server may still have taken it.",
    ),
    Rule(
        "answer_unreadable", 33, at(Stage.FINAL), Scope.PROVIDER, False,
        Move.UNCONFIRMED, Effect.OPEN_AFTER_THREE,
        faults=on(Fault.PROTOCOL, Fault.REPLY),
        signs=(sign("0 1 3 6 7 8 9"),),
        because="Something came after the dot, but neither a yes nor a no: as doubtful as no "
        "answer. Before the dot the same only moves the mail.",
    ),
    Rule(
        "worker_lost", 34, at(Stage.FINAL), Scope.OURSELVES, False,
        Move.UNCONFIRMED, Effect.NONE, faults=on(),
        because="Our own process ended between the dot and the stored answer. Found by the "
        "rescue, which refers to this row by name.",
    ),
    Rule(
        "goodbye_failed", 26, at(Stage.QUIT), Scope.NOBODY, False,
        Move.UNCONFIRMED, Effect.NONE,
        faults=on(Fault.REPLY, Fault.LOST, Fault.TIMEOUT, Fault.TLS, Fault.PROTOCOL),
        because="The answer to the dot has decided before; whatever QUIT brings changes nothing "
        "and must never lead to a second copy.",
    ),
    Rule(
        "reused_connection_closed", 32, at(Stage.RESET, Stage.MAIL), Scope.PROVIDER, False,
        Move.AGAIN, Effect.NONE,
        faults=on(Fault.LOST, Fault.TLS, Fault.REPLY), signs=(sign("421"),), needs_reuse=True,
        because="Servers close idle connections and those that carried enough mail. That is "
        "housekeeping, not a fault: the next mail gets a fresh connection.",
    ),
    Rule(
        "reset_refused", 32, at(Stage.RESET), Scope.PROVIDER, False,
        Move.AGAIN, Effect.NONE,
        faults=on(Fault.LOST, Fault.TLS, Fault.REPLY, Fault.TIMEOUT, Fault.PROTOCOL),
        because="A connection that cannot be reset is given up; nothing of the next mail was said "
        "on it yet.",
    ),
)  # fmt: skip

LOCAL_RULES: tuple[Rule, ...] = (
    Rule(
        "lease_lost", 34, EVERYWHERE, Scope.OURSELVES, False,
        Move.WAIT, Effect.NONE, faults=on(Fault.LEASE_LOST),
        because="Another worker holds the delivery now; this one stopped before the dot.",
    ),
    Rule(
        "mail_not_built", 35, EVERYWHERE, Scope.OURSELVES, True,
        Move.FAIL, Effect.NONE, faults=on(Fault.BUILD),
        because="A mail that we cannot write down will not become writable by waiting.",
    ),
    Rule(
        "secret_unreadable", 35, EVERYWHERE, Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE, faults=on(Fault.SECRET),
        because="Without its password the provider is of no use until somebody enters it anew; "
        "the mail is not to blame.",
    ),
    Rule(
        "no_route", 35, at(Stage.ROUTE), Scope.OURSELVES, False,
        Move.WAIT, Effect.NONE, faults=on(),
        because="No provider may carry the mail now. It waits, it never fails for that. Referred "
        "to by name.",
    ),
)  # fmt: skip

REACHING_RULES: tuple[Rule, ...] = (
    Rule(
        "dns_failed", 1, at(Stage.RESOLVE), Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN_AFTER_THREE, faults=on(Fault.DNS_TEMPORARY, Fault.TIMEOUT),
        because="The resolver gave no answer; one miss is ordinary, three are not.",
    ),
    Rule(
        "host_unknown", 2, at(Stage.RESOLVE), Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN_LONG, faults=on(Fault.DNS_UNKNOWN),
        because="Most likely a mistyped host. Yet a broken resolver says the same of every host "
        "and must not disable all providers at once, so it only stays open for long.",
    ),
    Rule(
        "address_blocked", 3, _BEFORE_FINAL, Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE, faults=on(Fault.BLOCKED),
        because="Our own policy forbids the address; only a person can change either.",
    ),
    Rule(
        "unreachable", 4, _REACHING, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN,
        faults=on(Fault.CONNECT, Fault.TIMEOUT, Fault.LOST),
        because="Every address of the host was tried and none answered.",
    ),
    Rule(
        "no_banner", 5, at(Stage.BANNER), Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN, faults=on(Fault.TIMEOUT, Fault.LOST),
        because="Something listens but does not greet: overloaded, or it expects TLS.",
    ),
    Rule(
        "server_busy", 5, at(Stage.BANNER, Stage.EHLO), Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN,
        signs=(sign("4"), sign("554", words=words.LATER)),
        because="It says itself that it will take mail again later.",
    ),
    Rule(
        "turned_away", 6, at(Stage.BANNER), Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN_LONG, signs=(sign("5"),),
        because="No mail service here, or none for us (554; 521 of RFC 7504). It seldom changes "
        "within minutes.",
    ),
    Rule(
        "greeting_refused", 7, at(Stage.EHLO), Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN, signs=(sign("5"),),
        because="EHLO was refused and HELO cannot carry the TLS or login that is required.",
    ),
)  # fmt: skip

TLS_RULES: tuple[Rule, ...] = (
    Rule(
        "starttls_missing", 8, _BEFORE_FINAL, Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN, faults=on(Fault.STARTTLS_MISSING),
        because="A wrong setting, or somebody on the way removes the offer. Never in clear text.",
    ),
    Rule(
        "starttls_refused", 8, at(Stage.STARTTLS), Scope.PROVIDER, True,
        Move.NEXT, Effect.OPEN, signs=(sign("5"),),
        because="It was offered and then refused, which comes to the same as no offer.",
    ),
    Rule(
        "tls_failed", 9, _HANDSHAKE, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN,
        faults=on(Fault.TLS, Fault.LOST, Fault.TIMEOUT, Fault.REPLY), signs=(sign("4"),),
        because="The handshake did not come about (454, reset, no shared version). Never in clear "
        "text.",
    ),
    Rule(
        "certificate_untrusted", 10, _BEFORE_FINAL, Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE_AFTER_TWO, faults=on(Fault.CERTIFICATE),
        because="Expired, of an unknown issuer or for another name: somebody must look, and the "
        "password was not shown to it.",
    ),
    Rule(
        "starttls_injection", 11, _BEFORE_FINAL, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN_LONG, faults=on(Fault.STARTTLS_INJECTION),
        because="Clear text followed the 220 of STARTTLS: an attack (RFC 3207 section 6) or a "
        "broken server. It is not disabled, or an attacker could switch a provider off.",
    ),
)  # fmt: skip

LOGIN_RULES: tuple[Rule, ...] = (
    Rule(
        "login_not_offered", 12, _BEFORE_FINAL, Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE, faults=on(Fault.AUTH_MISSING),
        because="No way to log in that both sides know; the settings must change.",
    ),
    Rule(
        "login_not_supported", 12, at(Stage.AUTH), Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE, signs=(sign("500 502 503 504"),),
        because="AUTH or its mechanism is not known there (504), or not before STARTTLS (503).",
    ),
    Rule(
        "login_switched_off", 12, at(Stage.AUTH), Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE,
        signs=(sign("5", words=words.LOGIN_OFF), sign("5", "5.7.30")),
        because="The mailbox is not allowed to log in over SMTP at all.",
    ),
    Rule(
        "app_password_required", 12, at(Stage.AUTH), Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE,
        signs=(sign("5", words=words.APP_PASSWORD), sign("534")),
        because="534 5.7.9: the mechanism is too weak for this account; the everyday password is "
        "not accepted from programs.",
    ),
    Rule(
        "login_postponed", 13, at(Stage.AUTH), Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN, signs=(sign("4"), sign("5", words=words.LATER)),
        because="It could not check the password now (454, 432, 421). A broken password store "
        "answers so to right passwords too.",
    ),
    Rule(
        "encryption_required", 12, at(Stage.AUTH, Stage.MAIL), Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE,
        signs=(
            sign("538"), sign("5", "5.7.10 5.7.11"), sign("530 550 554", words=words.STARTTLS),
        ),
        because="It talks to us only over TLS; the encryption setting must change.",
    ),
    Rule(
        "login_refused", 12, at(Stage.AUTH), Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE, signs=(sign("5"),),
        because="Wrong user name or password. Trying on would lock the account.",
    ),
)  # fmt: skip

BROKEN_RULES: tuple[Rule, ...] = (
    Rule(
        "connection_lost", 25, _BEFORE_FINAL, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN,
        faults=on(
            Fault.LOST, Fault.TLS, Fault.CONNECT, Fault.DNS_TEMPORARY, Fault.DNS_UNKNOWN,
        ),
        because="It broke before the dot, so the mail was not taken (RFC 5321 section 3.8: as if "
        "451 had been said).",
    ),
    Rule(
        "timed_out", 25, _BEFORE_FINAL, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN, faults=on(Fault.TIMEOUT),
        because="No answer in time, before the dot: not taken.",
    ),
    Rule(
        "protocol_error", 33, EVERYWHERE, Scope.PROVIDER, False,
        Move.NEXT, Effect.OPEN_AFTER_THREE,
        faults=on(Fault.PROTOCOL, Fault.REPLY),
        because="Not SMTP, or an answer out of place (2yz and 3yz where none is due). The "
        "connection is dropped; three in a row are no accident. Long lines and letters beyond "
        "ASCII are read all the same: many servers send them, and what they say is clear.",
    ),
)  # fmt: skip

"""Rows 25 to 35: the content, the answer to it, and what breaks."""

from __future__ import annotations

from panel.domain.outcome import Effect, Move, Scope
from tests.drivers.smtp.dialogue import a_parcel
from tests.drivers.smtp.rows.case import (
    LOGIN,
    MUCH,
    SENT,
    USERS,
    Case,
    Expected,
    drops,
    message,
    provider,
    replies,
    says,
    stalls,
    to,
)
from tests.fakes.smtp_server import SmtpServer

OPEN, THREE, UNTIL = Effect.OPEN, Effect.OPEN_AFTER_THREE, Effect.OPEN_UNTIL
LOST, TIMED_OUT = provider("connection_lost", OPEN), provider("timed_out", OPEN)
CONTENT = message("content_refused", Move.FAIL)
UNSAID = message("content_refused_unsaid", Move.FAIL)
DISTRUSTED = message("reputation_refused", Move.NEXT_THEN_FAIL)
TOO_LARGE = message("too_large", Move.NEXT_OR_FAIL)
QUOTA, SUSPENDED = provider("quota_used_up", UNTIL), provider("account_suspended", UNTIL)
ODD = provider("protocol_error", THREE)
NO_ANSWER = provider("answer_lost", OPEN, Move.UNCONFIRMED)
LATE_ANSWER = provider("answer_timed_out", OPEN, Move.UNCONFIRMED)
ODD_ANSWER = provider("answer_unreadable", THREE, Move.UNCONFIRMED)
FRESH = provider("reused_connection_closed", Effect.NONE, Move.AGAIN)
NOT_RESET = provider("reset_refused", Effect.NONE, Move.AGAIN)
NOT_BUILT = Expected("mail_not_built", Scope.OURSELVES, Move.FAIL, Effect.NONE)
TWO = (a_parcel(), a_parcel())
UNRESET = (a_parcel("reply-550-5.1.1@example.net"), a_parcel())
LOCKSTEP = {"pipelining": False}


def stop(server: SmtpServer) -> None:
    """Leaves while the connection rests."""
    server.stop()


BEFORE_THE_DOT = (
    *(Case(25, f"it hangs up at {stage}", (LOST,), drops(stage), mails=0)
      for stage in ("mail", "rcpt", "data")),
    *(Case(25, f"it stalls at {stage}", (TIMED_OUT,), stalls(stage), mails=0)
      for stage in ("mail", "rcpt", "data")),
    Case(25, "it hangs up inside the content", (LOST,), drops("body"), parcels=to(body=MUCH),
         mails=0),
    Case(25, "it refuses inside the content and hangs up: its words are read", (TOO_LARGE,),
         says("body", "552 5.3.4 Too big"), parcels=to(body=MUCH), mails=0),
    Case(25, "it closes inside the content with a 421", (provider("service_closing", OPEN),),
         says("body", "421 4.3.2 Shutting down"), parcels=to(body=MUCH), mails=0),
    Case(25, "a yes before the dot is no yes", (ODD,), says("body", "250 2.0.0 Ok"),
         parcels=to(body=MUCH), mails=0),
)  # fmt: skip

ANSWERS = (
    *replies(26, "final", {"250 2.0.0 Ok: queued as 1": SENT, "299 Something new": SENT}, mails=1),
    *(Case(26, f"{name} at QUIT changes nothing", (SENT,), act, mails=1)
      for name, act in (("a break", drops("quit")), ("a stall", stalls("quit")),
                        ("a refusal", says("quit", "421 Closing")))),
    *replies(27, "final", {
        "451 4.3.0 Queue trouble": provider("server_trouble", THREE),
        "452 4.3.1 Disk full": provider("server_trouble", THREE),
        "451 Local error": provider("server_trouble", THREE),
        "452 No": provider("server_trouble_unsaid", THREE),
        "421 4.3.2 Shutting down": provider("service_closing", OPEN),
        "450 4.6.0 No": message("content_postponed", Move.WAIT),
        "498 Something new": message("content_postponed", Move.WAIT),
    }, mails=0),
    *replies(28, "final", {
        "554 5.6.0 Malformed": CONTENT,
        "552 5.7.0 Virus": CONTENT,
        "554 5.7.1 Spam": CONTENT,
        "554 5.7.1 Blocked using a blocklist": DISTRUSTED,
        "552 5.3.4 Too big": TOO_LARGE,
        "552 No": message("too_large_unsaid", Move.NEXT_OR_FAIL),
        "554 Transaction failed": UNSAID,
        "597 Something new": UNSAID,
    }, mails=0),
    *replies(29, "final", {
        "550 5.4.5 Daily user sending limit exceeded": QUOTA,
        "554 Daily message quota exceeded": QUOTA,
        "452 4.5.3 Daily limit, try again in 2 hours": QUOTA,
        "554 5.7.0 Your account is suspended": SUSPENDED,
        "554 Sending paused for this account": SUSPENDED,
    }, mails=0),
    *replies(29, "mail", {"454 Daily message quota exceeded": QUOTA}),
    *replies(29, "auth", {"451 Maximum credits exceeded": QUOTA}, features=USERS, account=LOGIN),
)  # fmt: skip

DOUBT = (
    Case(30, "it hangs up after the dot", (NO_ANSWER,), drops("final"), mails=1),
    Case(30, "whoever was refused before the dot is not in doubt", (
        NO_ANSWER, Expected("recipient_unknown", Scope.RECIPIENT, Move.FAIL, Effect.NONE)),
        drops("final"), parcels=to("kim@example.net", "reply-550-5.1.1@example.net"), mails=1),
    Case(31, "it never answers the dot", (LATE_ANSWER,), stalls("final"), mails=1),
    Case(32, "it left while the connection rested", (FRESH,), parcels=TWO, between=stop, mails=1),
    Case(32, "it closes the resting connection with a 421", (FRESH,), parcels=TWO,
         between=says("mail", "421 4.4.2 Idle too long"), mails=1),
    Case(32, "it hangs up at RSET", (FRESH,), drops("reset"), parcels=UNRESET, mails=0),
    Case(32, "it stalls at RSET", (NOT_RESET,), stalls("reset"), parcels=UNRESET, mails=0),
    Case(32, "it refuses RSET", (NOT_RESET,), says("reset", "500 What?"), LOCKSTEP,
         parcels=UNRESET, mails=0),
    Case(33, "a reply of 3,000 octets is still read", (SENT,),
         says("mail", "250 " + "x" * 3000), mails=1),
    Case(33, "a reply beyond ASCII is still read", (SENT,),
         says("mail", b"250 \xfc\x00\xff\r\n"), mails=1),
    Case(33, "an endless line", (ODD,), lambda server: server.flood("mail"), mails=0),
    Case(33, "endless lines", (ODD,), lambda server: server.flood("mail", lines=True), mails=0),
    *replies(33, "mail", {
        b"250-one\r\n251 two\r\n": ODD,
        b"hello\r\n": ODD,
        "354 Out of place": ODD,
        "503 5.5.1 Bad sequence": provider("command_refused", THREE),
    }, mails=0),
    Case(33, "an answer that nobody asked for", (ODD,), says("rcpt", b"250 ok\r\n250 ok\r\n"),
         LOCKSTEP, mails=0),
    *replies(33, "final", {
        b"garbage\r\n": ODD_ANSWER,
        "354 Go on": ODD_ANSWER,
        b"250-one\r\n550 two\r\n": ODD_ANSWER,
    }),
    Case(34, "the claim is lost before the dot", (
        Expected("lease_lost", Scope.OURSELVES, Move.WAIT, Effect.NONE),), is_gate_open=False,
        mails=0),
    Case(35, "the mail cannot be written down", (NOT_BUILT,), parcels=to(body=b"one\ntwo\r\n"),
         mails=0),
    Case(35, "what is no address fails alone", (SENT, NOT_BUILT),
         parcels=to("kim@example.net", "no address"), mails=1),
    Case(35, "the password cannot be used", (provider("secret_unreadable", Effect.DISABLE),),
         features=USERS, account={**LOGIN, "secret": "a\x00b"}, mails=0),
)  # fmt: skip

CASES = (*BEFORE_THE_DOT, *ANSWERS, *DOUBT)

"""The rows of the outcome table for mail APIs: what an HTTP answer means.

What breaks before or after the answer is the same as with SMTP and stands in its rows. A vendor
that says more than the status code names a row by `Meaning`; rows without statuses are only
reached so.
"""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.outcome import Effect, Move, Scope


@dataclass(frozen=True, slots=True)
class HttpRule:
    """One row of the table."""

    name: str
    row: int
    """Number of the event in the table that the rows were drawn up from."""
    statuses: str
    """Beginnings of status codes, separated by spaces: `4` for 4xx."""
    scope: Scope
    is_permanent: bool
    move: Move
    effect: Effect
    because: str

    def fits(self, status: int) -> bool:
        """Whether the row is about this status code."""
        return str(status).startswith(tuple(self.statuses.split())) if self.statuses else False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a vendor says, and the row that it stands for; all parts that are given must fit."""

    rule: str
    statuses: str = ""
    """Beginnings of status codes, separated by spaces; empty: with any refusal."""
    names: tuple[str, ...] = ()
    """The vendor's own error codes or names."""
    words: tuple[str, ...] = ()
    """Any of these occurs in what it says, compared in lower case."""

    def fits(self, status: int, name: str, text: str) -> bool:
        """Whether the vendor's answer means this."""
        return (
            (not self.statuses or str(status).startswith(tuple(self.statuses.split())))
            and (not self.names or name in self.names)
            and (not self.words or any(word in text.lower() for word in self.words))
        )


HTTP_RULES: tuple[HttpRule, ...] = (
    HttpRule(
        "api_accepted", 37, "2", Scope.NOBODY, False, Move.SENT, Effect.RECOVER,
        because="The provider took responsibility and named its id.",
    ),
    HttpRule(
        "api_accepted_without_id", 38, "", Scope.NOBODY, False, Move.SENT, Effect.RECOVER,
        because="A success is a success though its text cannot be read: a second copy would be "
        "worse than an unknown id.",
    ),
    HttpRule(
        "api_redirected", 39, "3", Scope.PROVIDER, True, Move.NEXT, Effect.DISABLE,
        because="Following would show the key to another place; the address must be corrected.",
    ),
    HttpRule(
        "api_key_refused", 41, "401", Scope.PROVIDER, True, Move.NEXT, Effect.DISABLE,
        because="The key is wrong or withdrawn. Trying on would only lock the account.",
    ),
    HttpRule(
        "api_unpaid", 42, "402", Scope.PROVIDER, True, Move.NEXT, Effect.OPEN_LONG,
        because="Credits or payment are missing; somebody may settle that within the hour.",
    ),
    HttpRule(
        "api_forbidden", 43, "403", Scope.PROVIDER, True, Move.NEXT, Effect.DISABLE_AFTER_TWO,
        because="Not for this key, or not from this address. Once may be about one sender.",
    ),
    HttpRule(
        "api_address_wrong", 44, "404 405 410 415 421", Scope.PROVIDER, True,
        Move.NEXT, Effect.DISABLE,
        because="Nothing is there under this address: base URL, region or domain are wrong.",
    ),
    HttpRule(
        "api_request_incomplete", 45, "408", Scope.PROVIDER, False, Move.AGAIN, Effect.NONE,
        because="It did not get the whole request (RFC 9110 section 15.5.9), so that repeating "
        "is safe.",
    ),
    HttpRule(
        "api_conflict", 46, "409", Scope.MESSAGE, True, Move.NEXT_THEN_FAIL, Effect.NONE,
        because="It does not fit what is there already; another provider has no such past.",
    ),
    HttpRule(
        "api_repeat_under_way", 46, "", Scope.PROVIDER, False, Move.UNCONFIRMED, Effect.NONE,
        because="The same mail is being taken in at this moment by its idempotency key: whether "
        "it went out is only known afterwards.",
    ),
    HttpRule(
        "api_too_large", 47, "413", Scope.MESSAGE, True, Move.NEXT_OR_FAIL, Effect.NONE,
        because="Too large for this provider; another one may take more.",
    ),
    HttpRule(
        "api_mail_refused", 48, "422", Scope.MESSAGE, True, Move.FAIL, Effect.NONE,
        because="It understood the mail and does not want it, for no reason of its own.",
    ),
    HttpRule(
        "api_rate_limited", 49, "429", Scope.PROVIDER, False, Move.NEXT, Effect.OPEN,
        because="Too many requests: it is left alone until the time that it names.",
    ),
    HttpRule(
        "api_unavailable", 51, "503", Scope.PROVIDER, False, Move.NEXT, Effect.OPEN,
        because="It says that it did not process the request.",
    ),
    HttpRule(
        "api_server_failed", 50, "5", Scope.PROVIDER, False,
        Move.UNCONFIRMED, Effect.OPEN_AFTER_THREE,
        because="Something broke on its side after it had the whole mail; POST is not idempotent "
        "(RFC 9110 section 9.2.2), so it may be out.",
    ),
    HttpRule(
        "api_request_refused", 40, "4", Scope.MESSAGE, True, Move.NEXT_THEN_FAIL, Effect.NONE,
        because="Refused with no word that is known. Perhaps only its way of writing is "
        "disliked, so one more provider is asked.",
    ),
    HttpRule(
        "api_sender_refused", 43, "", Scope.SENDER, True, Move.NEXT_OR_FAIL, Effect.REFUSE_SENDER,
        because="It does not send for this From address; for others it does.",
    ),
    HttpRule(
        "api_account_stopped", 40, "", Scope.PROVIDER, True, Move.NEXT, Effect.DISABLE,
        because="The account is suspended, closed, or not yet approved.",
    ),
    HttpRule(
        "api_sandbox", 43, "", Scope.PROVIDER, True, Move.NEXT, Effect.DISABLE,
        because="The account is in its trial and sends to nobody but its owner.",
    ),
    HttpRule(
        "api_quota_used_up", 49, "", Scope.PROVIDER, True, Move.NEXT, Effect.OPEN_UNTIL,
        because="The allowance of the account is used up until the day or the month ends.",
    ),
    HttpRule(
        "api_settings_wrong", 44, "", Scope.PROVIDER, True, Move.NEXT, Effect.DISABLE,
        because="A setting names what the account does not have: a stream, a domain, a set.",
    ),
    HttpRule(
        "api_content_refused", 48, "", Scope.MESSAGE, True, Move.FAIL, Effect.NONE,
        because="The content is what it dislikes, and the content comes along everywhere.",
    ),
    HttpRule(
        "api_recipient_suppressed", 48, "", Scope.RECIPIENT, True, Move.FAIL, Effect.NONE,
        because="The address bounced or complained before, and the vendor keeps it from more.",
    ),
    HttpRule(
        "api_recipient_refused", 48, "", Scope.RECIPIENT, True, Move.FAIL, Effect.NONE,
        because="The vendor does not take this address for one.",
    ),
    HttpRule(
        "api_recipients_in_turn", 19, "", Scope.RECIPIENT, False, Move.AGAIN, Effect.NONE,
        because="One call carries so many recipients only, or failed by one of them: the others "
        "follow in a call of their own.",
    ),
    HttpRule(
        "api_cannot_carry", 17, "", Scope.MESSAGE, True, Move.NEXT_OR_FAIL, Effect.NONE,
        because="The mail has something that this API has no place for. Nothing is dropped "
        "silently, so another provider is asked.",
    ),
)  # fmt: skip
"""Read top-down: the first row whose statuses fit wins."""

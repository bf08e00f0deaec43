"""What the columns of made rows are put together from: SQL that both databases read alike.

`d` numbers deliveries from 1 on, `j` the places of attempts; all other words are bound values of
`Measures` and of `Cast`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panel.domain.delivery import Stream
from tools.history.measures import AT_WORK, SCATTERED

NAMES = ("lena", "ada", "omar", "yuki", "jonas", "selin", "marta", "deniz")
HOSTS = ("contoso.test", "example.test", "fabrikam.test", "mail.test", "adatum.test")
SUBJECTS = (
    "Your order ",
    "Invoice ",
    "We have received your payment ",
    "Your ticket was answered, case ",
    "Spring offers, letter ",
    "Your code for signing in, request ",
    "Your parcel is on its way, number ",
    "News of the month, issue ",
)
REASONS = (
    ("greylisted", "451 4.7.1 Greylisted, come back later"),
    ("recipient_mailbox_full", "452 4.2.2 The recipient's mailbox is full"),
    ("recipient_unknown", "550 5.1.1 No such user here"),
    ("rate_limited", "421 4.7.0 Too many mails at once, slow down"),
)
STREAMS = (
    *[Stream.CAMPAIGNS] * 5,
    *[Stream.CRM] * 2,
    *[Stream.CUSTOMER_SERVICE] * 2,
    Stream.SYSTEM,
)
SECOND = 1_000_000
DAY = 86_400 * SECOND
OLD_PROVIDER = 1000
"""The first attempt of so many belongs to a provider that carried nothing since."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Partners and providers of the history, by their ids."""

    partners: Sequence[int]
    providers: Sequence[int]
    """Three that carry mail, and one that carried only the first of it."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the databases say differently."""

    series: str
    """Rows `n` from `:first` to `:last`."""
    message_id: str
    header: str
    """Bytes of the text {}."""
    empty_list: str
    empty_map: str


DIALECTS = {
    "sqlite": Dialect(
        "(WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) "
        "SELECT n FROM s)",
        "printf('01HISTORY%017d', {})",
        "CAST({} AS BLOB)",
        "'[]'",
        "'{}'",
    ),
    "postgresql": Dialect(
        "(SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n) AS s",
        "('01HISTORY' || lpad(CAST({} AS text), 17, '0'))",
        "convert_to({}, 'UTF8')",
        "CAST('[]' AS json)",
        "CAST('{}' AS json)",
    ),
}


def pick(number: str, values: Sequence[object]) -> str:
    """One of these by the remainder of a number; texts are quoted, None is NULL."""
    whens = " ".join(f"WHEN {at} THEN {_literal(value)}" for at, value in enumerate(values))
    return f"CASE ({number}) % {len(values)} {whens} END"


def _literal(value: object) -> str:
    if value is None:
        return "CAST(NULL AS bigint)"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


PLACE = "(5 * ((d - 1) / 4) + (d - 1) % 4 + 1)"
"""Of the first attempt of a delivery that has one."""
FIRST_AT = (
    f"(CASE WHEN d <= :tried THEN :began + :step * {PLACE} ELSE :now - 7200000000 + d % 6000 END)"
)
SECOND_AT = f"(:began + :step * ({PLACE} + 5 * :delay + 4))"
IS_TWICE = "((d - 1) % 4 = 0 AND (d - 1) / 4 + :delay < :groups)"
ODD = pick(f"d / {SCATTERED}", ("deferred", "held", "deferred", "held", "unconfirmed"))
STATE = (
    "CASE WHEN d > :tried THEN 'queued' "
    f"WHEN d > :tried - {AT_WORK} THEN 'sending' "
    f"WHEN (d - 1) % 4 = 0 AND NOT {IS_TWICE} THEN 'deferred' "
    f"WHEN d % {SCATTERED} = 7 THEN {ODD} "
    "WHEN d % 25 = 3 THEN 'failed' WHEN d % 200 = 12 THEN 'expired' ELSE 'sent' END"
)
IS_WAITING = "st IN ('queued', 'sending', 'deferred', 'held', 'unconfirmed')"
STREAM = pick("d / 30", [stream.value for stream in STREAMS])
LANES = [stream.lane for stream in STREAMS]
END = "CAST(:line_end AS text)"
RECIPIENT = f"{pick('d', NAMES)} || '.' || (d * 7919 % :addresses) || '@' || {pick('d / 8', HOSTS)}"
RULE = pick("d / 5", [rule for rule, _ in REASONS])
SAID = pick("d / 5", [said for _, said in REASONS])


def carriers(cast: Cast) -> list[int]:
    first, second, third, _ = cast.providers
    return [*[first] * 6, *[second] * 3, third]


def partners_of(cast: Cast) -> list[int | None]:
    """The house has two of five mails, and of the partners the first has most."""
    return [None] * 8 + [cast.partners[at * at // 12] for at in range(12)]

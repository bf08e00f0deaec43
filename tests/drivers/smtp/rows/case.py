"""The form of a case: the number of the row, what the server does, and the outcome it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from panel.domain.outcome import Effect, Move, Outcome, Scope, Stage
from panel.domain.provider import Encryption
from panel.drivers.contract import Parcel
from panel.drivers.resolver import Resolver, system_resolver
from tests.drivers.smtp.accounts import QUICK
from tests.drivers.smtp.dialogue import a_parcel
from tests.fakes.smtp_server import SmtpServer

Arrange = Callable[[SmtpServer], None]
LOGIN: dict[str, Any] = {"username": "tim", "secret": "tanstaaf"}
USERS: dict[str, Any] = {"users": {"tim": "tanstaaf"}}
TLS: dict[str, Any] = {"encryption": Encryption.TLS}
SOON = replace(QUICK, command_s=0.8, body_s=0.8, final_s=0.8, quit_s=0.8)
"""Long enough for a server that answers, on a machine with other things to do."""
BIG = b"x" * 76 + b"\r\n"
MUCH = BIG * 400_000
"""More than fits into the buffers between both sides."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the driver must make of it, for one recipient."""

    rule: str
    scope: Scope
    move: Move
    effect: Effect

    @classmethod
    def of(cls, outcome: Outcome) -> Expected:
        """The part of an outcome that is compared."""
        return cls(outcome.rule, outcome.scope, outcome.move, outcome.effect)


@dataclass(frozen=True, slots=True)
class Case:
    """One way to reach a row."""

    row: int
    happens: str
    expected: tuple[Expected, ...]
    """For each recipient of the last parcel."""
    arrange: Arrange = lambda _: None
    features: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)
    parcels: tuple[Parcel, ...] = (a_parcel(),)
    resolver: Resolver = system_resolver
    is_gate_open: bool = True
    between: Arrange = lambda _: None
    """What the server does after the first parcel."""
    mails: int | None = None
    """How many the server must have taken, where that matters."""

    @property
    def fields(self) -> dict[str, Any]:
        """The account: one that loses patience soon unless the case says otherwise."""
        return {"timeouts": SOON} | self.account


def provider(rule: str, effect: Effect, move: Move = Move.NEXT) -> Expected:
    """A provider's fault: it moves the mail."""
    return Expected(rule, Scope.PROVIDER, move, effect)


def sender(rule: str) -> Expected:
    """A provider that does not send for this address."""
    return Expected(rule, Scope.SENDER, Move.NEXT_OR_FAIL, Effect.REFUSE_SENDER)


def message(rule: str, move: Move) -> Expected:
    """The message's own fault, or one that depends on who carries it."""
    return Expected(rule, Scope.MESSAGE, move, Effect.NONE)


def recipient(rule: str, move: Move = Move.FAIL) -> Expected:
    """The recipient's fault: it never moves the mail."""
    return Expected(rule, Scope.RECIPIENT, move, Effect.NONE)


SENT = Expected("accepted", Scope.NOBODY, Move.SENT, Effect.RECOVER)


def says(stage: str, text: str | bytes) -> Arrange:
    """The server answers `text` at `stage`."""
    return lambda server: server.answers(Stage(stage), text)


def drops(stage: str) -> Arrange:
    """The server ends the connection at `stage`."""
    return lambda server: server.drop(stage)


def stalls(stage: str) -> Arrange:
    """The server never answers at `stage`."""
    return lambda server: server.stall(stage)


def to(*recipients: str, **fields: object) -> tuple[Parcel, ...]:
    """One parcel; addresses may steer the server."""
    return (a_parcel(*recipients, **fields),)


def replies(row: int, stage: str, table: Mapping[Any, Expected], **fields: Any) -> tuple[Case, ...]:
    """A case for each reply of a table, text or bytes, said at `stage`."""
    return tuple(
        Case(row, f"{stage}: {text}", (expected,), says(stage, text), **fields)
        for text, expected in table.items()
    )

"""Outcomes as drivers give them, with everything that a test does not care about filled in."""

from typing import Any

from panel.domain.outcome import Effect, Move, Outcome, Scope, Stage


def an_outcome(move: Move = Move.NEXT, effect: Effect = Effect.NONE, **overrides: Any) -> Outcome:
    """A refusal at the final dot unless a test says otherwise."""
    values: dict[str, Any] = {
        "rule": "some_rule",
        "scope": Scope.PROVIDER,
        "is_permanent": False,
        "move": move,
        "effect": effect,
        "stage": Stage.FINAL,
        "detail": "It said no.",
    }
    return Outcome(**(values | overrides))


ACCEPTED = an_outcome(Move.SENT, Effect.RECOVER, scope=Scope.NOBODY, rule="accepted")

"""The answer to a submission as it is kept with its key, to be given again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from panel.domain.delivery import DeliveryState
from panel.domain.submission import Accepted, AcceptedDelivery, FieldError, InvalidSubmission

Outcome = Accepted | InvalidSubmission


def as_stored(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """What `from_stored` makes the same outcomes of, as JSON."""
    return {"messages": [_as_json(outcome) for outcome in outcomes]}


def from_stored(answer: dict[str, Any]) -> tuple[Outcome, ...]:
    """The outcomes, in their order."""
    return tuple(map(_from_json, answer["messages"]))


def _as_json(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Accepted):
        deliveries = [
            {"id": item.id, "recipient": item.recipient, "state": item.state}
            for item in outcome.deliveries
        ]
        return {"message_id": outcome.message_id, "deliveries": deliveries}
    return {"errors": [asdict(error) for error in outcome.errors]}


def _from_json(item: dict[str, Any]) -> Outcome:
    if "errors" in item:
        return InvalidSubmission(tuple(FieldError(**error) for error in item["errors"]))
    deliveries = (
        AcceptedDelivery(one["id"], one["recipient"], DeliveryState(one["state"]))
        for one in item["deliveries"]
    )
    return Accepted(item["message_id"], tuple(deliveries))

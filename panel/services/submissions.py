"""Mail from applications and the command line, handed in; repeated safely where a key says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Actor, Permission
from panel.domain.submission import (
    Accepted,
    AcceptedDelivery,
    FieldError,
    InvalidSubmission,
    Submission,
)
from panel.sending.address import address_fault, wire_address
from panel.sending.check import check
from panel.sending.submit import submit
from panel.services.access import authorise
from panel.services.own_messages import message_status
from panel.services.refusals import Conflict, NotAllowed
from panel.storage.database import Session, is_passing
from panel.storage.queries import applications, idempotency_keys
from panel.storage.queries.applications import Bounds

__all__ = ["Once", "Submitted", "check_submission", "is_passing", "submit_message"]


@dataclass(frozen=True, slots=True)
class Once:
    """A wish that a submission, however often it is repeated, is accepted once."""

    key: str
    """The application's own name for the submission, 1 to 255 printable ASCII characters."""
    body_hash: str
    """The SHA-256 of what was sent, hexadecimal; no other body may use the key."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a submission."""

    accepted: Accepted
    is_repeated: bool
    """It was accepted earlier; this is the answer that it got then."""

    @property
    def status(self) -> DeliveryState:
        """The status of the message as a whole."""
        return message_status(item.state for item in self.accepted.deliveries)


def submit_message(
    session: Session,
    actor: Actor,
    *,
    submission: Submission,
    now: datetime,
    once: Once | None = None,
) -> Submitted:
    """Accepts a mail: it is stored and committed when this returns.

    An application's mail becomes its own and its partner's, whatever `submission` says; `once` is
    for applications only. Raises InvalidSubmission naming each field that is wrong, and Conflict
    when the key was used with another body; nothing is stored then.
    """
    authorise(actor, Permission.SUBMIT_MAIL)
    try:
        submitted = _accept(session, actor, submission, once=once, now=now)
    except BaseException:
        session.rollback()
        raise
    session.commit()
    return submitted


def check_submission(submission: Submission, *, now: datetime) -> None:
    """Raises InvalidSubmission for what nobody could submit; asks no database."""
    errors = check(submission, now=now)
    if errors:
        raise InvalidSubmission(errors)


def _accept(
    session: Session, actor: Actor, submission: Submission, *, once: Once | None, now: datetime
) -> Submitted:
    if actor.application_id is None:
        return Submitted(submit(session, submission, now=now), is_repeated=False)
    own = replace(
        submission, partner_id=actor.scope.partner_id, application_id=actor.application_id
    )
    if once is None:
        return Submitted(_accept_within_bounds(session, own, now=now), is_repeated=False)
    # Taken first: whoever else comes with the same key waits here for this transaction's end.
    first = idempotency_keys.take(
        session, actor.application_id, once.key, body_hash=once.body_hash, now=now
    )
    if first is not None:
        if first.body_hash != once.body_hash:
            raise Conflict("This Idempotency-Key was used with another body. Take a new key.")
        return Submitted(_stored(first.answer), is_repeated=True)
    accepted = _accept_within_bounds(session, own, now=now)
    idempotency_keys.answer(session, actor.application_id, once.key, asdict(accepted))
    return Submitted(accepted, is_repeated=False)


def _accept_within_bounds(session: Session, submission: Submission, *, now: datetime) -> Accepted:
    bounds = applications.find_bounds(session, submission.application_id or 0)
    if bounds is None:
        raise NotAllowed("This application was revoked.")
    errors = tuple(_out_of_bounds(submission, bounds))
    if errors:
        raise InvalidSubmission((*errors, *check(submission, now=now)))
    return submit(session, submission, now=now)


def _out_of_bounds(submission: Submission, bounds: Bounds) -> Iterator[FieldError]:
    if submission.stream not in bounds.streams:
        allowed = ", ".join(bounds.streams)
        yield FieldError("stream", f"This application may not use it. It may use: {allowed}.")
    sender = submission.sender
    if sender is None or not bounds.from_domains or address_fault(sender.email):
        return
    domain = wire_address(sender.email).rpartition("@")[2].lower()
    if not any(_covers(allowed, domain) for allowed in bounds.from_domains):
        allowed = ", ".join(bounds.from_domains)
        message = f"This application may not send from {domain}. It may send from: {allowed}."
        yield FieldError("from.email", message)


def _covers(allowed: str, domain: str) -> bool:
    """Whether a From domain is allowed; a leading dot covers subdomains too."""
    if allowed.startswith("."):
        return domain == allowed[1:] or domain.endswith(allowed)
    return domain == allowed


def _stored(answer: dict[str, Any]) -> Accepted:
    """An answer as `asdict` made it and the database kept it."""
    deliveries = (
        AcceptedDelivery(item["id"], item["recipient"], DeliveryState(item["state"]))
        for item in answer["deliveries"]
    )
    return Accepted(answer["message_id"], tuple(deliveries))

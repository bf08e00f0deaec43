"""Mail from applications and the command line, handed in; repeated safely where a key says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Actor, Permission
from panel.domain.submission import Accepted, FieldError, InvalidSubmission, Submission
from panel.sending.address import address_fault, wire_address
from panel.sending.check import check
from panel.sending.submit import prepare, store
from panel.services.access import authorise
from panel.services.own_messages import message_status
from panel.services.refusals import Conflict, NotAllowed
from panel.services.submission_answers import Outcome, as_stored, from_stored
from panel.storage.database import Session, is_passing
from panel.storage.queries import applications, idempotency_keys
from panel.storage.queries.applications import Bounds
from panel.storage.queue.intake import NewMessage

__all__ = [
    "Once",
    "Outcome",
    "Submitted",
    "SubmittedBatch",
    "check_submission",
    "is_passing",
    "message_status",
    "submit_batch",
    "submit_message",
]


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


@dataclass(frozen=True, slots=True)
class SubmittedBatch:
    """What became of each mail of a batch, in the order given."""

    outcomes: tuple[Outcome, ...]
    is_repeated: bool
    """The batch was accepted earlier; these are the outcomes that it had then."""


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
    batch = submit_batch(session, actor, submissions=(submission,), once=once, now=now)
    (outcome,) = batch.outcomes
    if isinstance(outcome, InvalidSubmission):
        raise outcome
    return Submitted(outcome, is_repeated=batch.is_repeated)


def submit_batch(
    session: Session,
    actor: Actor,
    *,
    submissions: Iterable[Submission | InvalidSubmission],
    now: datetime,
    once: Once | None = None,
) -> SubmittedBatch:
    """Accepts or refuses each mail by itself; all that are accepted are committed together.

    What was found invalid before keeps its place. The rules are those of `submit_message`, and
    `once` holds for the batch as a whole: one of which no mail was accepted leaves its key free.
    """
    authorise(actor, Permission.SUBMIT_MAIL)
    # Before the transaction begins: on SQLite it keeps all others from writing.
    prepared = [_prepared(actor, item, now=now) for item in submissions]
    try:
        batch = _accept(session, actor, prepared, once=once, now=now)
    except BaseException:
        session.rollback()
        raise
    if any(isinstance(outcome, Accepted) for outcome in batch.outcomes):
        session.commit()
    else:
        session.rollback()
    return batch


def check_submission(submission: Submission, *, now: datetime) -> None:
    """Raises InvalidSubmission for what nobody could submit; asks no database."""
    errors = check(submission, now=now)
    if errors:
        raise InvalidSubmission(errors)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A mail in the actor's name, with its final form or its faults."""

    submission: Submission | None
    """None where there was nothing that could become a mail."""
    form: NewMessage | InvalidSubmission


def _prepared(
    actor: Actor, submission: Submission | InvalidSubmission, *, now: datetime
) -> _Prepared:
    if isinstance(submission, InvalidSubmission):
        return _Prepared(None, submission)
    if actor.application_id is not None:
        submission = replace(
            submission, partner_id=actor.scope.partner_id, application_id=actor.application_id
        )
    return _Prepared(submission, prepare(submission, now=now))


def _accept(
    session: Session,
    actor: Actor,
    prepared: Sequence[_Prepared],
    *,
    once: Once | None,
    now: datetime,
) -> SubmittedBatch:
    if actor.application_id is None:
        outcomes = store(session, [item.form for item in prepared], now=now)
        return SubmittedBatch(tuple(outcomes), is_repeated=False)
    if once is None:
        outcomes = _accept_within_bounds(session, actor.application_id, prepared, now=now)
        return SubmittedBatch(tuple(outcomes), is_repeated=False)
    # Taken first: whoever else comes with the same key waits here for this transaction's end.
    first = idempotency_keys.take(
        session, actor.application_id, once.key, body_hash=once.body_hash, now=now
    )
    if first is not None:
        if first.body_hash != once.body_hash:
            raise Conflict("This Idempotency-Key was used with another body. Take a new key.")
        return SubmittedBatch(from_stored(first.answer), is_repeated=True)
    outcomes = _accept_within_bounds(session, actor.application_id, prepared, now=now)
    idempotency_keys.answer(session, actor.application_id, once.key, as_stored(outcomes))
    return SubmittedBatch(tuple(outcomes), is_repeated=False)


def _accept_within_bounds(
    session: Session, application_id: int, prepared: Iterable[_Prepared], *, now: datetime
) -> list[Outcome]:
    bounds = applications.find_bounds(session, application_id)
    if bounds is None:
        raise NotAllowed("This application was revoked.")
    return store(session, [_within(bounds, item) for item in prepared], now=now)


def _within(bounds: Bounds, item: _Prepared) -> NewMessage | InvalidSubmission:
    """The mail, or its faults with those against the bounds in front."""
    errors = tuple(_out_of_bounds(item.submission, bounds)) if item.submission else ()
    if not errors:
        return item.form
    others = item.form.errors if isinstance(item.form, InvalidSubmission) else ()
    return InvalidSubmission((*errors, *others))


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

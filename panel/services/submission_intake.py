"""Taking in what was handed in together: one transaction, an own verdict for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from panel.domain.submission import Accepted, FieldError, InvalidSubmission, Submission
from panel.sending.address import address_fault, wire_address
from panel.sending.submit import store
from panel.services import partner_quotas
from panel.services.refusals import Conflict, NotAllowed, Refusal
from panel.services.submission_answers import Outcome, as_stored, from_stored
from panel.storage.database import Connection
from panel.storage.queries import applications, idempotency_keys
from panel.storage.queries.applications import Bounds
from panel.storage.queries.idempotency_keys import FirstUse, Key
from panel.storage.queue.intake import NewMessage

ROW_OCTETS = 500
Form = NewMessage | InvalidSubmission


@dataclass(frozen=True, slots=True)
class Once:
    """A wish that a submission, however often it is repeated, is accepted once."""

    key: str
    """The application's own name for the submission, 1 to 255 printable ASCII characters."""
    body_hash: str
    """The SHA-256 of what was sent, hexadecimal; no other body may use the key."""


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """A mail in the name of whoever hands it in, with its final form or its faults."""

    submission: Submission | None
    """None where there was nothing that could become a mail."""
    form: Form


@dataclass(frozen=True, slots=True, eq=False)
class HandIn:
    """The mails of one request, ready to be stored."""

    application_id: int | None
    """None: not an application, so that it has neither bounds nor keys."""
    mails: Sequence[PreparedMail]
    once: Once | None
    now: datetime

    @property
    def key(self) -> Key | None:
        """The name under which it may be repeated."""
        if self.application_id is None or self.once is None:
            return None
        return Key(self.application_id, self.once.key)

    @property
    def weight(self) -> int:
        """How much there is to write: octets, with some for the rows of each recipient."""
        forms = [mail.form for mail in self.mails if isinstance(mail.form, NewMessage)]
        return sum(form.size + ROW_OCTETS * len(form.recipients) for form in forms)


@dataclass(frozen=True, slots=True)
class SubmittedBatch:
    """What became of each mail of a batch, in the order given."""

    outcomes: tuple[Outcome, ...]
    is_repeated: bool
    """The batch was accepted earlier; these are the outcomes that it had then."""

    @property
    def is_new(self) -> bool:
        """Whether any mail was accepted by this hand-in."""
        return not self.is_repeated and any(isinstance(item, Accepted) for item in self.outcomes)


Verdict = SubmittedBatch | Refusal


def take_in_together(connection: Connection, hand_ins: Sequence[HandIn]) -> list[Verdict]:
    """Stores and commits whatever of the hand-ins can be accepted; a verdict for each, in order.

    No two of them may have the same key. Raises the database's error with nothing stored.
    """
    with connection.begin() as transaction:
        verdicts = _judge(connection, hand_ins)
        if not any(isinstance(verdict, SubmittedBatch) and verdict.is_new for verdict in verdicts):
            transaction.rollback()
    return verdicts


def _judge(connection: Connection, hand_ins: Sequence[HandIn]) -> list[Verdict]:
    now = max(item.now for item in hand_ins)
    # Asked in the same transaction: no mail comes in after its application was revoked.
    asking = {item.application_id for item in hand_ins} - {None}
    bounds = applications.find_bounds(connection, [one for one in asking if one is not None])
    forms = [_forms(item, bounds) for item in hand_ins]
    earlier = _earlier_uses(connection, hand_ins, forms, now=now)
    verdicts: list[Verdict | None] = [
        _known_verdict(item, form, earlier) for item, form in zip(hand_ins, forms, strict=True)
    ]
    _keep_to_quotas(connection, hand_ins, forms, bounds, verdicts, now=now)
    new = [number for number, verdict in enumerate(verdicts) if verdict is None]
    prepared = [form for number in new for form in forms[number] or ()]
    outcomes = iter(store(connection, prepared, now=now))
    answers = {}
    for number in new:
        batch = tuple(next(outcomes) for _ in forms[number] or ())
        verdicts[number] = verdict = SubmittedBatch(batch, is_repeated=False)
        key = hand_ins[number].key
        if key is not None and verdict.is_new:
            answers[key] = as_stored(batch)
    idempotency_keys.answer(connection, answers)
    return [verdict for verdict in verdicts if verdict is not None]


def _keep_to_quotas(
    connection: Connection,
    hand_ins: Sequence[HandIn],
    forms: Sequence[list[Form] | None],
    bounds: Mapping[int, Bounds],
    verdicts: list[Verdict | None],
    *,
    now: datetime,
) -> None:
    """Refuses as a whole what is too much for its partner; its key stays free."""
    freed = []
    for number, item in enumerate(hand_ins):
        own = bounds.get(item.application_id) if item.application_id is not None else None
        mails = [form for form in forms[number] or () if isinstance(form, NewMessage)]
        if verdicts[number] is not None or own is None or not own.quota.is_set or not mails:
            continue
        partner_id = mails[0].partner_id
        recipients = sum(len(form.recipients) for form in mails)
        if partner_id is None:
            continue
        verdicts[number] = partner_quotas.count(
            connection, partner_id, own.quota, recipients=recipients, now=now
        )
        if verdicts[number] is not None and item.key is not None:
            freed.append(item.key)
    idempotency_keys.give_back(connection, freed)


def _earlier_uses(
    connection: Connection,
    hand_ins: Sequence[HandIn],
    forms: Sequence[list[Form] | None],
    *,
    now: datetime,
) -> Mapping[Key, FirstUse]:
    """Takes the keys of what can be accepted; of all keys those that had been taken before.

    Whoever else comes with the same key waits here for this transaction's end.
    """
    named = {item.key: item.once.body_hash for item in hand_ins if item.key and item.once}
    wanted = {
        item.key: named[item.key]
        for item, form in zip(hand_ins, forms, strict=True)
        if item.key and any(isinstance(one, NewMessage) for one in form or ())
    }
    taken = idempotency_keys.take(connection, wanted, now=now)
    return idempotency_keys.first_uses(connection, named.keys() - taken)


def _known_verdict(
    item: HandIn, forms: list[Form] | None, earlier: Mapping[Key, FirstUse]
) -> Verdict | None:
    """The verdict that stands before anything is stored; None where something may be."""
    if forms is None:
        return NotAllowed("This application was revoked.")
    first = earlier.get(item.key) if item.key else None
    if first is None or item.once is None:
        return None
    if first.body_hash != item.once.body_hash:
        return Conflict("This Idempotency-Key was used with another body. Take a new key.")
    return SubmittedBatch(from_stored(first.answer), is_repeated=True)


def _forms(item: HandIn, bounds: Mapping[int, Bounds]) -> list[Form] | None:
    """The mails as far as they are within the bounds; None when there are none any more."""
    if item.application_id is None:
        return [mail.form for mail in item.mails]
    own = bounds.get(item.application_id)
    return None if own is None else [_within(own, mail) for mail in item.mails]


def _within(bounds: Bounds, mail: PreparedMail) -> Form:
    """The mail, or its faults with those against the bounds in front."""
    errors = tuple(_out_of_bounds(mail.submission, bounds)) if mail.submission else ()
    if not errors:
        return mail.form
    others = mail.form.errors if isinstance(mail.form, InvalidSubmission) else ()
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


def may_send_from(bounds: Bounds, address: str) -> bool:
    """Whether a mail may come from this address; empty: from the provider's own, which may."""
    domain = address.rpartition("@")[2].lower()
    is_free = not address or not bounds.from_domains
    return is_free or any(_covers(allowed, domain) for allowed in bounds.from_domains)


def _covers(allowed: str, domain: str) -> bool:
    """Whether a From domain is allowed; a leading dot covers subdomains too."""
    if allowed.startswith("."):
        return domain == allowed[1:] or domain.endswith(allowed)
    return domain == allowed

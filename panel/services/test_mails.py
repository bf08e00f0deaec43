"""Test mails: a code on its way through one provider.

The mail is handed over at once by the sender's own driver and never falls over to another
provider. It stands in the mailing log like any other; there, as everywhere, without its code.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from panel.domain.confirmation import ALPHABET, LENGTH, LIFE, shown
from panel.domain.delivery import Stream
from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.permission import Actor, Permission
from panel.domain.sender_rule import Mailbox
from panel.domain.smtp_outcomes import classify
from panel.domain.submission import InvalidSubmission, Submission
from panel.sending import direct
from panel.sending.address import address_fault
from panel.sending.health import reset
from panel.sending.submit import prepare
from panel.sending.wake import release_held
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.confirmations import await_code
from panel.services.installation import Installation
from panel.services.provider_audit import subject_of
from panel.services.provider_lists import held, present
from panel.services.provider_secrets import stored_secret
from panel.services.refusals import N_, Invalid
from panel.services.throttles import Limit, count
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queue.direct import Carried, write_down
from panel.storage.queue.intake import NewMessage

SOURCE = "test"
HIDDEN = "•" * LENGTH
"""Stands for the code wherever the mail is kept."""
MAILS_OF_USER = Limit("test-mail:user", 5, timedelta(minutes=1))
MAILS_OF_PROVIDER = Limit("test-mail:provider", 30, timedelta(hours=1))
NO_ADDRESS = N_("This is no e-mail address. Write it like kim@example.net.")


@dataclass(frozen=True, slots=True)
class Letter:
    """What the recipient reads."""

    subject: str
    text: str
    html: str


Write = Callable[[str, str], Letter]
"""Gets the provider's name and the code as it is shown."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a test mail."""

    provider: Provider
    recipient: str
    outcome: Outcome

    @property
    def is_taken(self) -> bool:
        """Whether the provider took it: the code is on its way."""
        return self.outcome.is_sent


def send_test_mail(
    session: Session,
    actor: Actor,
    *,
    provider_id: int,
    to: str,
    write: Write,
    installation: Installation,
    now: datetime,
) -> Sent:
    """Sends a code through the provider to `to`; an earlier code of the provider ends.

    Raises Invalid for the field `to`, TooMany when too many were sent lately.
    """
    authorise(actor, Permission.OWN_SMTP)
    provider = present(session, actor, provider_id)
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    sent = _submission(provider, to.strip(), write(provider.name, shown(code)), now=now)
    kept = _kept(_submission(provider, to.strip(), write(provider.name, HIDDEN), now=now), now=now)
    _count(session, actor, provider_id, now=now)
    identity = provider.identity_digest
    outcome = _hand_over(session, provider, sent, kept, installation)
    finished_at = max(datetime.now(UTC), now)
    provider, _ = held(session, actor, provider_id)
    write_down(session, kept, Carried(provider_id, provider.name, outcome, now, finished_at))
    if outcome.is_sent:
        (recipient,) = kept.recipients
        await_code(session, provider, recipient, code, identity=identity, now=finished_at)
        _verify(session, actor, provider, identity=identity, now=finished_at)
    record(
        session,
        actor,
        action="provider.test_mail",
        subject=subject_of(provider),
        after={"to": to.strip(), "ok": outcome.is_sent, "rule": outcome.rule},
        partner_id=provider.partner_id,
        now=finished_at,
    )
    session.commit()
    return Sent(provider, to.strip(), outcome)


def _submission(provider: Provider, to: str, letter: Letter, *, now: datetime) -> Submission:
    if not to or address_fault(to):
        raise Invalid({"to": NO_ADDRESS})
    return Submission(
        stream=Stream.SYSTEM,
        to=(Mailbox(to),),
        subject=letter.subject,
        source=SOURCE,
        sender=Mailbox(provider.from_email, provider.from_name),
        text=letter.text,
        html=letter.html,
        expires_at=now + LIFE,
        partner_id=provider.partner_id,
    )


def _kept(submission: Submission, *, now: datetime) -> NewMessage:
    made = prepare(submission, partner_id=submission.partner_id, application_id=None, now=now)
    if isinstance(made, InvalidSubmission):
        raise Invalid({"to": NO_ADDRESS})
    return made


def _count(session: Session, actor: Actor, provider_id: int, *, now: datetime) -> None:
    try:
        count(session, MAILS_OF_USER, actor.name, now=now)
        count(session, MAILS_OF_PROVIDER, str(provider_id), now=now)
    finally:
        session.commit()


def _hand_over(
    session: Session,
    provider: Provider,
    submission: Submission,
    kept: NewMessage,
    installation: Installation,
) -> Outcome:
    """Outside of any transaction. The mail has the name and the date of the one that is kept."""
    identity, partner_id = provider.identity, provider.partner_id
    secret = stored_secret(provider, installation.vault)
    session.commit()
    if secret.clear is None:
        return classify(Stage.AUTH, Fault.SECRET)
    config = installation.config
    return direct.hand_over(
        submission,
        message_id=kept.id,
        date=kept.created_at,
        identity=identity,
        secret=secret.clear,
        egress=config.operator_egress if partner_id is None else config.partner_egress,
    )


def _verify(
    session: Session, actor: Actor, provider: Provider, *, identity: str, now: datetime
) -> None:
    """A provider that takes a mail has passed more than a connection test; edited since, not."""
    if provider.identity_digest != identity:
        return
    provider.verified_identity = identity
    provider.verified_at, provider.verified_by = now, actor.name
    reset(session, provider.id)
    release_held(session, now=now)

"""The code of a test mail: it waits for whoever reads the mail, and shows that the mail arrived."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

from panel.domain.confirmation import TRIES, CodeFault, code_fault, typed
from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.provider_audit import subject_of
from panel.services.provider_lists import held, refused
from panel.services.refusals import N_, Conflict, Invalid
from panel.storage.database import Session
from panel.storage.models import Confirmation, Provider
from panel.storage.queries import confirmations as queries

FAULTS = {
    CodeFault.NONE_SENT: N_("Send a test mail first."),
    CodeFault.USED: N_("This code was used already. Send another test mail to confirm again."),
    CodeFault.EXPIRED: N_("The code is older than ten minutes. Send another test mail."),
    CodeFault.NO_TRIES_LEFT: N_("The code was mistyped five times. Send another test mail."),
    CodeFault.CHANGED: N_(
        "The connection has been changed since the test mail was sent. Send another one."
    ),
}


class WrongCode(Invalid):
    """Not the code of the mail; `tries_left` is how often it may still be tried."""

    def __init__(self, tries_left: int) -> None:
        message = N_("This is not the code of the mail.")
        super().__init__({"code": message})
        self.tries_left = tries_left


def confirm(
    session: Session, actor: Actor, *, provider_id: int, code: str, now: datetime
) -> Provider:
    """The code has arrived: the provider delivers. It works once.

    Raises WrongCode, which costs a try, or Conflict with what to do where no code can confirm.
    """
    authorise(actor, Permission.OWN_SMTP)
    provider, _ = held(session, actor, provider_id)
    waiting = queries.latest(session, provider_id)
    fault = _fault(provider, waiting, now=now)
    if waiting is None or fault is not None:
        raise refused(session, Conflict(FAULTS[fault or CodeFault.NONE_SENT]))
    if not hmac.compare_digest(waiting.code_hash, _hash(waiting, typed(code))):
        waiting.tries += 1
        session.commit()
        raise WrongCode(TRIES - waiting.tries)
    waiting.confirmed_at = now
    provider.confirmed_identity = waiting.identity
    provider.confirmed_at, provider.confirmed_by = now, actor.name
    provider.confirmed_to = waiting.recipient
    provider.confirmed_after_s = max(0, round((now - waiting.sent_at).total_seconds()))
    after = {"to": waiting.recipient, "after_s": provider.confirmed_after_s}
    record(
        session,
        actor,
        action="provider.delivery_confirmed",
        subject=subject_of(provider),
        after=after,
        partner_id=provider.partner_id,
        now=now,
    )
    session.commit()
    return provider


def await_code(
    session: Session,
    provider: Provider,
    recipient: str,
    code: str,
    *,
    identity: str,
    now: datetime,
) -> None:
    """Remembers what can be remembered of a code that was just sent; an earlier one ends."""
    waiting = Confirmation(
        provider_id=provider.id,
        identity=identity,
        recipient=recipient,
        salt=secrets.token_hex(16),
        code_hash="",
        sent_at=now,
        tries=0,
    )
    waiting.code_hash = _hash(waiting, code)
    queries.replace_with(session, waiting)


def _fault(provider: Provider, waiting: Confirmation | None, *, now: datetime) -> CodeFault | None:
    if waiting is None:
        return CodeFault.NONE_SENT
    return code_fault(
        sent_at=waiting.sent_at,
        confirmed_at=waiting.confirmed_at,
        tries=waiting.tries,
        is_same_connection=waiting.identity == provider.identity_digest,
        now=now,
    )


def _hash(waiting: Confirmation, code: str) -> str:
    bound = (waiting.salt, str(waiting.provider_id), waiting.identity, waiting.recipient, code)
    return hashlib.sha256("\n".join(bound).encode()).hexdigest()

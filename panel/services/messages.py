"""One mail as people look at it: what is known, what happened, which way it went."""

from __future__ import annotations

from dataclasses import dataclass, replace

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.discretion import may_know, own_providers, told_reason
from panel.services.refusals import NotFound
from panel.services.rulings import Choice, Decided, Seen, discreet
from panel.storage.database import Session
from panel.storage.queries import messages as queries
from panel.storage.queries.messages import MailAttempt, MailDelivery, MailSummary
from panel.storage.queries.rulings import rulings_of

__all__ = ["Mail", "MailAttempt", "MailDelivery", "show_mail"]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail with one of its deliveries opened."""

    summary: MailSummary
    states: dict[DeliveryState, int]
    deliveries: tuple[MailDelivery, ...]
    """The first of its recipients, or of those in the state that was asked for."""
    opened: MailDelivery
    attempts: tuple[MailAttempt, ...]
    """Of the opened delivery, first to last."""
    rulings: tuple[Decided, ...]
    """What was decided about the opened delivery, first to last."""

    @property
    def seen(self) -> Seen:
        """How the opened delivery stands, for a decision about it."""
        last = self.rulings[-1].id if self.rulings else 0
        return Seen(self.opened.state, self.opened.attempts, last)

    @property
    def was_given_up(self) -> bool:
        """Whether the opened delivery failed by a decision, not by a refusal."""
        is_failed = self.opened.state is DeliveryState.FAILED
        return is_failed and bool(self.rulings) and self.rulings[-1].choice is Choice.GIVE_UP

    @property
    def may_be_there_twice(self) -> bool:
        """Whether a second copy was handed over."""
        return any(one.is_copy and one.handed_over_at for one in self.attempts)

    @property
    def recipients(self) -> int:
        """How many recipients it has."""
        return sum(self.states.values())

    @property
    def taken(self) -> MailAttempt | None:
        """The attempt by which a provider took it for the opened recipient."""
        taken = [one for one in self.attempts if one.status is AttemptStatus.SUCCESS]
        return taken[-1] if taken else None

    @property
    def duration_ms(self) -> int | None:
        """From acceptance to the end of the opened delivery, None before that."""
        if self.opened.ended_at is None:
            return None
        return round((self.opened.ended_at - self.summary.created_at).total_seconds() * 1000)


def show_mail(
    session: Session,
    actor: Actor,
    *,
    message_id: str,
    delivery_id: int | None = None,
    state: DeliveryState | None = None,
) -> Mail:
    """The mail with one delivery opened, the first unless another is asked for.

    `state` narrows its list of recipients to those in that state, if there are any.

    Raises NotFound for what is not there, not the actor's, or another mail's.
    """
    authorise(actor, Permission.SEE_MAILING_LOG)
    summary = queries.find_mail(session, actor.scope, message_id)
    deliveries = _listed(session, message_id, state) if summary else ()
    if summary is None or not deliveries:
        raise NotFound
    opened = _opened(session, deliveries, message_id, delivery_id)
    attempts = queries.attempts_of(session, opened.id)
    return Mail(
        summary=summary,
        states=queries.states_of(session, message_id),
        deliveries=deliveries,
        opened=_discreet(session, actor, opened),
        attempts=tuple(_discreet_attempt(actor, attempt) for attempt in attempts),
        rulings=tuple(discreet(actor, item) for item in rulings_of(session, opened.id)),
    )


def _listed(
    session: Session, message_id: str, state: DeliveryState | None
) -> tuple[MailDelivery, ...]:
    found = queries.deliveries_of(session, message_id, state=state)
    return found or queries.deliveries_of(session, message_id)


def _opened(
    session: Session, deliveries: tuple[MailDelivery, ...], message_id: str, wanted: int | None
) -> MailDelivery:
    if wanted is None:
        return deliveries[0]
    found = queries.find_delivery(session, message_id, wanted)
    if found is None:
        raise NotFound
    return found


def _discreet(session: Session, actor: Actor, delivery: MailDelivery) -> MailDelivery:
    if actor.scope.is_everything:
        return delivery
    own = own_providers(session, actor.scope)
    rule, said = told_reason(actor, delivery.rule, delivery.said)
    return replace(
        delivery,
        rule=rule,
        said=said if may_know(actor, delivery.provider_partner_id) else "",
        route=[link for link in delivery.route if link.get("provider_id") in own],
    )


def _discreet_attempt(actor: Actor, attempt: MailAttempt) -> MailAttempt:
    rule, said = told_reason(actor, attempt.rule, attempt.said)
    if may_know(actor, attempt.provider_partner_id):
        has_transcript = attempt.has_transcript and rule == attempt.rule
        return replace(attempt, rule=rule, said=said, has_transcript=has_transcript)
    return replace(
        attempt,
        provider_name="",
        rule=rule,
        said="",
        provider_reference="",
        has_transcript=False,
    )

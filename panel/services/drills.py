"""Failover drills: one test mail that treats the first provider of its chain as down.

The mail takes the same way as any other, through the queue and a worker. What comes of it is
written by the worker (`panel.sending.drills`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from panel.domain.drill import LIFE, DrillResult
from panel.domain.permission import Actor, Permission
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Accepted, InvalidSubmission, Submission
from panel.sending.submit import submit
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.refusals import N_, Conflict, Invalid, NotFound
from panel.services.routes import Partner, Route, RouteStep, RouteWish, show_route, wish_errors
from panel.storage.database import Session
from panel.storage.models import Drill
from panel.storage.queries import drills as queries
from panel.storage.queries import house, messages, partners
from panel.storage.queries.messages import MailAttempt
from panel.storage.queue.drills import Course, course, treat_as_down
from panel.storage.vault import Vault

__all__ = [
    "Drill",
    "DrillNote",
    "DrillResult",
    "Followed",
    "Letter",
    "NoDrill",
    "Passed",
    "begin_drill",
    "drill_notes",
    "follow_drill",
    "latest_drills",
]
SOURCE = "drill"


class NoDrill(Conflict):
    """There is nothing to fall over from, or nobody to fall over to; the `route` shows why."""

    def __init__(self, message: str, route: Route, **values: object) -> None:
        super().__init__(message, **values)
        self.route = route


@dataclass(frozen=True, slots=True)
class Letter:
    """What the recipient reads."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A provider that the mail came by; `skip` is the word for why it was not asked."""

    provider_id: int
    name: str
    skip: str | None


@dataclass(frozen=True, slots=True)
class Followed:
    """A drill and how its mail stands at this moment."""

    drill: Drill
    partner: Partner | None
    course: Course
    attempts: tuple[MailAttempt, ...]
    route: tuple[Passed, ...]
    """The chain of the round, in order; empty until the round is over."""
    has_worker: bool

    @property
    def result(self) -> DrillResult | None:
        """None while it goes on; what a worker has written is final."""
        return self.drill.result or self.course.result

    @property
    def rule(self) -> str:
        """Why it ended as it did."""
        return self.drill.rule or self.course.rule

    @property
    def said(self) -> str:
        """In whose words."""
        return self.drill.said if self.drill.rule else self.course.said


@dataclass(frozen=True, slots=True)
class DrillNote:
    """What the last drill tells of one provider."""

    drill_id: int
    has_passed: bool
    at: datetime


def begin_drill(
    session: Session,
    actor: Actor,
    *,
    wish: RouteWish,
    letter: Letter,
    vault: Vault,
    now: datetime,
) -> Drill:
    """Hands in the mail of a drill; it counts as handed in when this returns.

    Raises Invalid for fields that are wrong, NotFound for a partner that is not there, NoDrill
    where the chain has no first or no second provider.
    """
    authorise(actor, Permission.CHANGE_PROVIDERS)
    _refuse_wrong(wish)
    route = show_route(session, actor, wish=wish, vault=vault, now=now)
    down, stand_in = _pair(route)
    accepted = _hand_in(session, route, letter, down, now=now)
    drill = _drill(route, accepted, down, stand_in, by=actor.name)
    session.add(drill)
    session.flush()
    record(
        session,
        actor,
        action="drill.started",
        subject=f"drill:{drill.id}",
        after={"down": down.name, "stream": wish.stream.value, "to": wish.recipient},
        partner_id=drill.partner_id,
        now=now,
    )
    session.commit()
    return drill


def follow_drill(session: Session, actor: Actor, *, drill_id: int, now: datetime) -> Followed:
    """The drill and how its mail stands; NotFound when there is none."""
    authorise(actor, Permission.SEE_ROUTES)
    drill = queries.find(session, actor.scope, drill_id)
    if drill is None:
        raise NotFound(N_("This drill is not there."))
    delivery = messages.find_delivery(session, drill.message_id, drill.delivery_id)
    return Followed(
        drill=drill,
        partner=partners.find(session, drill.partner_id) if drill.partner_id else None,
        course=course(session, drill.delivery_id),
        attempts=messages.attempts_of(session, drill.delivery_id),
        route=tuple(Passed(**stop) for stop in delivery.route) if delivery else (),
        has_worker=house.has_live_worker(session, now=now),
    )


def latest_drills(session: Session, actor: Actor) -> Sequence[Drill]:
    """The newest ones first."""
    authorise(actor, Permission.SEE_ROUTES)
    return queries.latest(session, actor.scope)


def drill_notes(session: Session, actor: Actor) -> Mapping[int, DrillNote]:
    """By provider: whether it took over in the last drill in which it should have."""
    authorise(actor, Permission.SEE_PROVIDERS)
    found = queries.last_of_each(session, actor.scope)
    return {
        provider_id: DrillNote(
            drill.id, drill.taken_by_provider_id == provider_id, drill.ended_at or drill.started_at
        )
        for provider_id, drill in found.items()
    }


def _refuse_wrong(wish: RouteWish) -> None:
    errors = wish_errors(wish)
    if not wish.recipient:
        errors["recipient"] = N_("Enter the address that the test mail goes to.")
    if errors:
        raise Invalid(errors)


def _pair(route: Route) -> tuple[RouteStep, RouteStep]:
    """Who counts as down, and who is next."""
    if not route.usable:
        message = N_(
            "No provider can carry this mail now, so there is nothing to fall over from. "
            "See below why each is passed over."
        )
        raise NoDrill(message, route)
    if len(route.usable) == 1:
        message = N_(
            "Only %(name)s can carry this mail now: if it fails, mail waits. Activate a fallback, "
            "or see below why each other provider is passed over. Then repeat the drill."
        )
        raise NoDrill(message, route, name=route.usable[0].name)
    return route.usable[0], route.usable[1]


def _hand_in(
    session: Session, route: Route, letter: Letter, down: RouteStep, *, now: datetime
) -> Accepted:
    wish = route.wish
    submission = Submission(
        stream=wish.stream,
        to=(Mailbox(wish.recipient),),
        sender=Mailbox(wish.from_email) if wish.from_email else None,
        subject=letter.subject,
        text=letter.text,
        headers=(("Auto-Submitted", "auto-generated"),),
        source=SOURCE,
        expires_at=now + LIFE,
        partner_id=route.partner.id if route.partner else None,
    )
    try:
        accepted = submit(session, submission, now=now)
    except InvalidSubmission as error:
        session.rollback()
        raise Invalid({"recipient": error.errors[0].message}) from None
    treat_as_down(session, accepted.message_id, down.id)
    return accepted


def _drill(
    route: Route, accepted: Accepted, down: RouteStep, stand_in: RouteStep, *, by: str
) -> Drill:
    wish = route.wish
    return Drill(
        message_id=accepted.message_id,
        delivery_id=accepted.deliveries[0].id,
        stream=wish.stream,
        partner_id=route.partner.id if route.partner else None,
        from_email=wish.from_email,
        recipient=wish.recipient,
        down_provider_id=down.id,
        down_name=down.name,
        stand_in_provider_id=stand_in.id,
        stand_in_name=stand_in.name,
        started_at=route.at,
        started_by=by,
    )

"""Which way a mail would go: the chain for a kind of mail, as the sender would use it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.chain import Skip
from panel.domain.delivery import Stream
from panel.domain.permission import Actor, Permission
from panel.domain.provider import ProviderType, ServiceType
from panel.domain.sender_rule import Sender
from panel.sending.address import address_fault, wire_address
from panel.sending.preview import Stop, WaitingMail, look_along
from panel.services.access import authorise
from panel.services.refusals import N_, Invalid, NotFound
from panel.storage.database import Session
from panel.storage.models import Partner
from panel.storage.queries import partners as partner_queries
from panel.storage.queries.refused_senders import Refusal, refusal_of
from panel.storage.vault import Vault

__all__ = ["Partner", "Refusal", "Route", "RouteStep", "RouteWish", "partners", "show_route"]


@dataclass(frozen=True, slots=True)
class RouteWish:
    """The mail whose way is asked for, as a person describes it."""

    stream: Stream = Stream.SYSTEM
    partner: str = ""
    """The slug of a partner; empty for the house."""
    from_email: str = ""
    """Empty: the provider's own is used."""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One provider of the chain, with what its place and its skip depend on."""

    id: int
    name: str
    type: ProviderType
    service_type: ServiceType
    streams: tuple[Stream, ...]
    """What its settings let it carry; empty: every kind of mail."""
    position: int | None
    """Its place among those that may be tried; None where it is passed over."""
    skip: Skip | None
    is_partners: bool
    """It belongs to a partner, not to the house."""
    sender: Sender
    """The From that the mail would leave with."""
    breaker: Breaker
    free_at: datetime | None
    """When its budget allows more; None while it does."""
    refusal: Refusal | None
    """Why it does not send for that From, if it said so."""
    largest_size: int | None
    """Octets of the largest mail that it takes, by its own words."""

    @property
    def is_probe(self) -> bool:
        """Whether it rests, and the next mail that comes to it tries if it is back."""
        return self.skip is None and self.breaker.state is BreakerState.OPEN


@dataclass(frozen=True, slots=True)
class Route:
    """The whole chain for one mail."""

    wish: RouteWish
    partner: Partner | None
    steps: tuple[RouteStep, ...]
    at: datetime
    """The moment that it holds for."""

    @property
    def usable(self) -> tuple[RouteStep, ...]:
        """Those that may be tried, in order."""
        return tuple(step for step in self.steps if step.skip is None)

    @property
    def is_open(self) -> bool:
        """Whether anybody can carry the mail now."""
        return any(step.skip is None for step in self.steps)


def show_route(
    session: Session, actor: Actor, *, wish: RouteWish, vault: Vault, now: datetime
) -> Route:
    """The chain as it would be used now, by the sender's own function.

    Raises Invalid for addresses that are none, NotFound for a partner that is not there.
    """
    authorise(actor, Permission.SEE_ROUTES)
    errors = wish_errors(wish)
    if errors:
        raise Invalid(errors)
    partner = _partner(session, wish.partner)
    mail = WaitingMail(
        stream=wish.stream,
        partner_id=partner.id if partner else None,
        from_email=wire_address(wish.from_email) if wish.from_email else "",
        size=0,
    )
    stops = look_along(session, vault, mail, now=now)
    return Route(wish, partner, tuple(_steps(session, stops, now)), at=now)


def wish_errors(wish: RouteWish) -> dict[str, str]:
    """A message for each address that is none; an empty one stands for any."""
    message = N_("This is no e-mail address. Write it like kim@example.net.")
    given = {"from": wish.from_email, "recipient": wish.recipient}
    return {name: message for name, text in given.items() if text and address_fault(text)}


def partners(session: Session, actor: Actor) -> Sequence[Partner]:
    """The partners whose mail can be asked about, by name."""
    authorise(actor, Permission.SEE_ROUTES)
    return partner_queries.listed(session)


def _partner(session: Session, slug: str) -> Partner | None:
    if not slug:
        return None
    partner = partner_queries.find_by_slug(session, slug)
    if partner is None:
        raise NotFound(N_("This partner is no longer there."))
    return partner


def _steps(session: Session, stops: Sequence[Stop], now: datetime) -> list[RouteStep]:
    found, position = [], 0
    for stop in stops:
        position += stop.link.skip is None
        place = position if stop.link.skip is None else None
        found.append(_step(session, stop, position=place, now=now))
    return found


def _step(session: Session, stop: Stop, *, position: int | None, now: datetime) -> RouteStep:
    provider, skip = stop.member.provider, stop.link.skip
    is_refused = skip is Skip.SENDER_REFUSED
    email = stop.sender.mailbox.email
    return RouteStep(
        id=provider.id,
        name=provider.name,
        type=provider.type,
        service_type=provider.service_type,
        streams=tuple(Stream(item) for item in provider.account_types),
        position=position,
        skip=skip,
        is_partners=provider.partner_id is not None,
        sender=stop.sender,
        breaker=stop.member.breaker,
        free_at=stop.free_at,
        refusal=refusal_of(session, provider.id, email, now=now) if is_refused else None,
        largest_size=stop.member.largest_size,
    )

"""Random worlds of partners and providers, with health, budgets and secrets, and a mail in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import delete

from panel.domain.breaker import BreakerState
from panel.domain.budget import window_start
from panel.domain.delivery import Stream
from panel.domain.provider import ProviderType, ServiceType
from panel.storage.database import Session
from panel.storage.models import (
    Attempt,
    Delivery,
    Message,
    Partner,
    Provider,
    ProviderHealth,
    ProviderList,
    ProviderUsage,
    RefusedSender,
)
from panel.storage.vault import Vault
from tests.factories.mail import a_delivery, a_message
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

HOUR = timedelta(hours=1)
DAY_S = 86400
PARTNERS = ("one", "two")
SENDERS = ("", "ann@shop.test", "bob@mail.news.test", "eve@else.test")
REFUSED = (*SENDERS[1:], "post@house.test")
LOST = Vault((b"x" * 32,))
"""A key ring that the worker does not have."""
TABLES = (
    Attempt,
    Delivery,
    Message,
    RefusedSender,
    ProviderUsage,
    ProviderHealth,
    Provider,
    ProviderList,
    Partner,
)


@dataclass(frozen=True)
class Member:
    """A provider that nobody can reach."""

    owner: str | None
    type: ProviderType
    service_type: ServiceType
    streams: frozenset[Stream]
    is_active: bool
    from_email: str
    domains: frozenset[str]
    breaker: str
    used: int | None
    """Of an allowance of two a day; None: it has no limit."""
    has_readable_secret: bool
    refused: frozenset[str]


@dataclass(frozen=True)
class World:
    """Providers in list order, which partners may use the house's, and a mail."""

    members: tuple[Member, ...]
    open_to: frozenset[str]
    stream: Stream
    partner: str | None
    sender: str
    down: int | None
    """The provider at this place counts as down."""


_ALL: frozenset[Stream] = frozenset()
MEMBERS = st.builds(
    Member,
    owner=st.sampled_from([None, None, *PARTNERS]),
    type=st.sampled_from([ProviderType.SMTP, ProviderType.SMTP, *ProviderType]),
    service_type=st.sampled_from(ServiceType),
    streams=st.sampled_from([_ALL, _ALL, _ALL, *map(frozenset, combinations(Stream, 2))]),
    is_active=st.sampled_from([True] * 6 + [False]),
    from_email=st.sampled_from(["post@shop.test", "post@house.test"]),
    domains=st.frozensets(st.sampled_from(["shop.test", ".news.test"])),
    breaker=st.sampled_from(["", "", "", "", "shaky", "resting", "due", "probing", "disabled"]),
    used=st.sampled_from([None, None, None, 0, 1, 2, 3]),
    has_readable_secret=st.sampled_from([True] * 6 + [False]),
    refused=st.sampled_from([frozenset()] * 4 + [frozenset({item}) for item in REFUSED]),
)
WORLDS = st.builds(
    World,
    members=st.lists(MEMBERS, min_size=2, max_size=6).map(tuple),
    open_to=st.sampled_from([frozenset(PARTNERS), frozenset(PARTNERS), frozenset({"one"})]),
    stream=st.sampled_from(Stream),
    partner=st.sampled_from([None, *PARTNERS]),
    sender=st.sampled_from(SENDERS),
    down=st.sampled_from([None, None, 0, 1]),
)


def build(session: Session, world: World, *, vault: Vault, now: datetime) -> int:
    """Makes the world in place of what was there, commits it; the id of the mail's delivery."""
    for table in TABLES:
        session.execute(delete(table))
    owners = {
        slug: a_partner(session, slug=slug, may_use_house=slug in world.open_to).id
        for slug in PARTNERS
    }
    ids = [
        _provider(session, member, owners, number=number, vault=vault, now=now)
        for number, member in enumerate(world.members)
    ]
    is_drill = world.down is not None and world.down < len(ids)
    message = a_message(
        session,
        stream=world.stream,
        partner_id=owners[world.partner] if world.partner else None,
        from_email=world.sender,
        header=_header(world.sender),
        down_provider_id=ids[world.down] if is_drill and world.down is not None else None,
        created_at=now,
    )
    delivery = a_delivery(session, message, expires_at=now + HOUR).id
    session.commit()
    return delivery


def _header(sender: str) -> bytes:
    return (f"From: {sender}\r\n" if sender else "").encode() + b"Subject: Your order\r\n"


def _provider(
    session: Session,
    member: Member,
    owners: dict[str, int],
    *,
    number: int,
    vault: Vault,
    now: datetime,
) -> int:
    limits: dict[str, Any] = {} if member.used is None else {"per_day": 2}
    made = a_provider(
        session,
        vault=vault if member.has_readable_secret else LOST,
        password="hunter2",
        username="ann",
        name=f"provider-{number}",
        port=1,
        partner_id=owners[member.owner] if member.owner else None,
        type=member.type,
        service_type=member.service_type,
        account_types=sorted(member.streams),
        is_active=member.is_active,
        from_email=member.from_email,
        domains=sorted(member.domains),
        **limits,
    )
    if member.breaker:
        session.add(ProviderHealth(provider_id=made.id, **_health(member.breaker, now)))
    if member.used:
        started_at = window_start(DAY_S, now)
        usage = {"window_s": DAY_S, "started_at": started_at, "used": member.used}
        session.add(ProviderUsage(provider_id=made.id, **usage))
    for sender in member.refused:
        refusal = {"sender": sender, "until": now + HOUR, "said": "553 Not you"}
        session.add(RefusedSender(provider_id=made.id, **refusal))
    session.flush()
    return made.id


def _health(kind: str, now: datetime) -> dict[str, Any]:
    known = {"failures": 1, "failed_at": now - 2 * HOUR, "rule": "unreachable", "said": "Refused"}
    if kind == "shaky":
        return known | {"state": BreakerState.CLOSED}
    if kind == "disabled":
        return known | {"state": BreakerState.DISABLED, "opened_at": now - HOUR}
    resting = known | {"state": BreakerState.OPEN, "opened_at": now - HOUR}
    if kind == "resting":
        return resting | {"retry_at": now + HOUR}
    probe_until = now + HOUR if kind == "probing" else None
    return resting | {"retry_at": now - HOUR, "probe_until": probe_until}

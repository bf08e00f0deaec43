"""What a worker reads of the providers at one moment, and what it makes of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from panel.domain.chain import Candidate
from panel.domain.delivery import POLICIES, Stream, StreamPolicy
from panel.domain.sender_rule import Mailbox
from panel.drivers import registry
from panel.drivers.egress import EgressPolicy
from panel.storage.queue.roster import Member

DRIVERS = frozenset(item.name for item in registry.descriptions())
"""A row may name another one: it was written by a newer version."""


@dataclass(frozen=True, slots=True)
class EgressRules:
    """Which addresses the providers of the house and of partners may lie at."""

    house: EgressPolicy
    partner: EgressPolicy


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the database told of the providers at one moment, in list order."""

    members: tuple[Member, ...] = ()
    partners_without_house: frozenset[int] = frozenset()
    policies: Mapping[Stream, StreamPolicy] = field(default_factory=lambda: POLICIES)


def features(member: Member) -> tuple[object, ...]:
    """What a chain or a connection may depend on; how much of a budget is used is asked apart."""
    provider = member.provider
    return (
        provider.id,
        provider.updated_at,
        provider.position,
        provider.is_active,
        provider.service_type,
        member.secret,
        member.breaker,
        tuple(member.refused_senders.items()),
        member.limits,
        member.largest_size,
    )


def candidate(member: Member) -> Candidate:
    """Whether it is within its budget is a question of the moment, left to the caller."""
    provider = member.provider
    return Candidate(
        id=provider.id,
        name=provider.name,
        partner_id=provider.partner_id,
        type=provider.type,
        service_type=provider.service_type,
        streams=frozenset(Stream(item) for item in provider.account_types),
        is_active=provider.is_active and provider.driver in DRIVERS,
        mailbox=Mailbox(provider.from_email, provider.from_name),
        domains=frozenset(provider.domains),
        breaker=member.breaker,
        has_readable_secret=member.secret is not None,
        refused_senders=frozenset(member.refused_senders),
        largest_size=member.largest_size,
    )

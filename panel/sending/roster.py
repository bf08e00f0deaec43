"""The providers as one worker knows them: read with each claim, kept in step in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from panel.domain.breaker import Breaker
from panel.domain.budget import free_again_at
from panel.domain.chain import Candidate, Link, MailTraits, Skip, chain, sender_at, skip
from panel.domain.delivery import Stream
from panel.domain.provider import Limits
from panel.domain.sender_rule import Mailbox
from panel.drivers import registry
from panel.drivers.contract import Account
from panel.drivers.egress import EgressPolicy
from panel.storage.queue.claims import ClaimedMessage
from panel.storage.queue.roster import Member

REFUSED_SENDER_MEMORY = timedelta(hours=1)
UNLIMITED = Limits()
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


class Roster:
    """One for all rounds of a worker; what it learns is added until the next snapshot."""

    def __init__(self, *, egress: EgressRules, client_name: str) -> None:
        self._members: dict[int, Member] = {}
        self._present: tuple[int, ...] = ()
        self._partners_without_house: frozenset[int] = frozenset()
        self._egress = egress
        self._client_name = client_name
        self._full_until: dict[int, datetime] = {}
        # Made on demand and asked for several times by every mail.
        self._candidates: dict[int, Candidate] = {}
        self._accounts: dict[int, Account] = {}

    def renew(self, snapshot: Snapshot) -> None:
        """Takes over a snapshot.

        A provider that is gone stays known without its secret, as a round may just be using it.
        """
        gone = {key: replace(item, secret=None) for key, item in self._members.items()}
        self._members = gone | {member.provider.id: member for member in snapshot.members}
        self._present = tuple(member.provider.id for member in snapshot.members)
        self._partners_without_house = snapshot.partners_without_house
        self._full_until.clear()
        self._candidates.clear()
        self._accounts.clear()

    def links(
        self, message: ClaimedMessage, *, sticky: int | None, now: datetime
    ) -> tuple[Link, ...]:
        """The chain of a mail at this moment."""
        candidates = [self.candidate(provider_id, now=now) for provider_id in self._present]
        return chain(candidates, self._traits(message, sticky), now=now)

    def skip_of(self, provider_id: int, message: ClaimedMessage, *, now: datetime) -> Skip | None:
        """Why a provider of an earlier chain does not carry the mail at this moment."""
        if provider_id not in self._present:
            return Skip.NOT_ACTIVE
        candidate = self.candidate(provider_id, now=now)
        return skip(candidate, self._traits(message, None), now=now)

    def candidate(self, provider_id: int, *, now: datetime) -> Candidate:
        """One provider as the chain sees it."""
        known = self._candidates.get(provider_id)
        if known is None:
            known = self._candidates[provider_id] = _candidate(self._members[provider_id])
        if self.free_again_at(provider_id, now=now) is None:
            return known
        return replace(known, is_within_budget=False)

    def account(self, provider_id: int) -> Account:
        """What its driver needs."""
        known = self._accounts.get(provider_id)
        if known is None:
            known = self._accounts[provider_id] = self._account(self._members[provider_id])
        return known

    def breaker(self, provider_id: int) -> Breaker:
        """Its breaker as far as this worker knows."""
        return self._members[provider_id].breaker

    def sender(self, provider_id: int, message: ClaimedMessage, *, now: datetime) -> str:
        """The From that the mail has there."""
        candidate = self.candidate(provider_id, now=now)
        return sender_at(candidate, self._traits(message, None)).email

    def keeps_from(self, provider_id: int, message: ClaimedMessage, *, now: datetime) -> bool:
        """Whether the mail leaves there with a From of its own, not with the provider's."""
        return self.sender(provider_id, message, now=now) == message.from_email

    def said_of_sender(self, provider_id: int, message: ClaimedMessage, *, now: datetime) -> str:
        """The words with which the provider refused the From that the mail has there."""
        sender = self.sender(provider_id, message, now=now)
        return self._members[provider_id].refused_senders.get(sender, "")

    def set_breaker(self, provider_id: int, breaker: Breaker) -> None:
        """What this worker has just learnt of the provider's health."""
        member = self._members[provider_id]
        self._members[provider_id] = replace(member, breaker=breaker)
        self._candidates.pop(provider_id, None)

    def refuse_sender(self, provider_id: int, sender: str, said: str) -> None:
        """The provider does not send for this From address."""
        member = self._members[provider_id]
        refused = member.refused_senders | {sender: said}
        self._members[provider_id] = replace(member, refused_senders=refused)
        self._candidates.pop(provider_id, None)

    def limits(self, provider_id: int) -> Limits:
        """Its sending allowance."""
        return self._members[provider_id].limits

    def set_full_until(self, provider_id: int, at: datetime) -> None:
        """The budget of the provider is used up until then."""
        self._full_until[provider_id] = at

    def free_again_at(self, provider_id: int, *, now: datetime) -> datetime | None:
        """When its budget allows more; None while it does."""
        known = self._full_until.get(provider_id)
        if known is not None and known > now:
            return known
        member = self._members[provider_id]
        if member.limits == UNLIMITED:
            return None
        return free_again_at(member.limits, member.usages, now=now)

    def _account(self, member: Member) -> Account:
        provider = member.provider
        is_house = provider.partner_id is None
        return Account(
            driver=provider.driver,
            host=provider.host,
            port=provider.port,
            encryption=provider.encryption,
            verify_certificate=provider.verify_certificate,
            username=provider.username,
            secret=member.secret or "",
            egress=self._egress.house if is_house else self._egress.partner,
            client_name=self._client_name,
        )

    def _traits(self, message: ClaimedMessage, sticky: int | None) -> MailTraits:
        return MailTraits(
            stream=message.stream,
            partner_id=message.partner_id,
            from_email=message.from_email,
            size=message.size,
            may_use_house=message.partner_id not in self._partners_without_house,
            first_provider_id=sticky,
            is_copy=any(item.copies for item in message.deliveries),
        )


def _candidate(member: Member) -> Candidate:
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
    )

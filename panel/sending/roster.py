"""The providers as one worker knows them: read with each claim, kept in step in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.budget import free_again_at, left
from panel.domain.chain import Candidate, Link, MailTraits, Skip, chain, sender_at, skip
from panel.domain.delivery import POLICIES, Stream, StreamPolicy
from panel.domain.provider import Limits
from panel.domain.room import Offer as Offered
from panel.domain.room import Room, room
from panel.drivers.contract import Account
from panel.sending.snapshot import EgressRules, Snapshot, candidate, features
from panel.storage.queue.claims import ClaimedMessage
from panel.storage.queue.roster import Member

REFUSED_SENDER_MEMORY = timedelta(hours=1)
UNLIMITED = Limits()
MOST_CHAINS = 1000
"""Remembered at one time; mails of one application mostly share one."""


class Roster:
    """One for all rounds of a worker; what it learns is added until the next snapshot."""

    def __init__(self, *, egress: EgressRules, client_name: str) -> None:
        self._members: dict[int, Member] = {}
        self._present: tuple[int, ...] = ()
        self._partners_without_house: frozenset[int] = frozenset()
        self._egress = egress
        self._client_name = client_name
        self._full_until: dict[int, datetime] = {}
        self._paused_until: dict[int, datetime] = {}
        # Made on demand and asked for several times by every mail.
        self._candidates: dict[int, Candidate] = {}
        self._accounts: dict[int, Account] = {}
        self._steady: dict[int, bool] = {}
        self._chains: dict[MailTraits, tuple[Link, ...]] = {}
        self._smallest_limit: int | None = None
        """Of all SIZEs that are known; -1: none is."""
        self._policies: Mapping[Stream, StreamPolicy] = POLICIES
        self._seen: object = None
        self.revision = 0
        """Grows with everything that may change a chain, but for what time itself changes."""

    def renew(self, snapshot: Snapshot) -> None:
        """Takes over a snapshot.

        A provider that is gone stays known without its secret, as a round may just be using it.
        """
        gone = {key: replace(item, secret=None) for key, item in self._members.items()}
        self._members = gone | {member.provider.id: member for member in snapshot.members}
        self._present = tuple(member.provider.id for member in snapshot.members)
        self._full_until.clear()
        self._steady.clear()
        self._policies = snapshot.policies
        seen = (snapshot.partners_without_house, tuple(map(features, snapshot.members)))
        if seen != self._seen:
            self._seen = seen
            self._partners_without_house = snapshot.partners_without_house
            self._candidates.clear()
            self._accounts.clear()
            self._changed()

    def links(
        self, message: ClaimedMessage, *, sticky: int | None, now: datetime
    ) -> tuple[Link, ...]:
        """The chain of a mail at this moment."""
        traits = self._traits(message, sticky)
        known = self._chains.get(traits)
        if known is not None:
            return known
        candidates = [self.candidate(provider_id, now=now) for provider_id in self._present]
        links = chain(candidates, traits, now=now)
        if all(self.is_steady(provider_id) for provider_id in self._present):
            self._remember(traits, links)
        return links

    def first(self, stream: Stream, partner_id: int | None, *, now: datetime) -> int | None:
        """Who is asked first for a usual mail of a stream and partner; None: nobody can be."""
        candidates = (self.candidate(provider_id, now=now) for provider_id in self._present)
        links = chain(candidates, self._usual(stream, partner_id), now=now)
        return next((link.provider_id for link in links if link.skip is None), None)

    def room(self, stream: Stream, partner_id: int | None, *, now: datetime) -> Room:
        """How much usual mail of a stream and partner could be sent now."""
        return room(
            [self._offered(provider_id, now) for provider_id in self._present],
            self._usual(stream, partner_id),
            now=now,
        )

    def _offered(self, provider_id: int, now: datetime) -> Offered:
        member = self._members[provider_id]
        return Offered(
            self.candidate(provider_id, now=now),
            left(member.limits, member.usages, now=now),
            self.free_again_at(provider_id, now=now),
        )

    def _usual(self, stream: Stream, partner_id: int | None) -> MailTraits:
        may_use_house = partner_id not in self._partners_without_house
        return MailTraits(stream, partner_id, from_email="", size=0, may_use_house=may_use_house)

    def is_steady(self, provider_id: int) -> bool:
        """Whether nothing about it changes with time or with each mail: it works, without limit."""
        known = self._steady.get(provider_id)
        if known is None:
            member = self._members[provider_id]
            is_free = member.limits == UNLIMITED and provider_id not in self._paused_until
            known = member.breaker.state is BreakerState.CLOSED and is_free
            self._steady[provider_id] = known
        return known

    def policy(self, stream: Stream) -> StreamPolicy:
        """The rules of a stream."""
        return self._policies[stream]

    def name(self, provider_id: int) -> str:
        """What people call it."""
        return self._members[provider_id].provider.name

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
            known = self._candidates[provider_id] = candidate(self._members[provider_id])
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
        if member.breaker == breaker:
            return
        self._seen = None
        self._members[provider_id] = replace(member, breaker=breaker)
        self._steady.pop(provider_id, None)
        self._candidates.pop(provider_id, None)
        self._changed()

    def refuse_sender(self, provider_id: int, sender: str, said: str) -> None:
        """The provider does not send for this From address."""
        member = self._members[provider_id]
        refused = member.refused_senders | {sender: said}
        self._seen = None
        self._members[provider_id] = replace(member, refused_senders=refused)
        self._candidates.pop(provider_id, None)
        self._changed()

    def largest_size(self, provider_id: int) -> int | None:
        """Octets of the largest mail that it says it takes; None when no limit is known."""
        return self._members[provider_id].largest_size

    def set_largest_size(self, provider_id: int, largest: int | None) -> None:
        """What it has just announced."""
        member = self._members[provider_id]
        self._seen = None
        self._members[provider_id] = replace(member, largest_size=largest)
        self._candidates.pop(provider_id, None)
        self._changed()

    def limits(self, provider_id: int) -> Limits:
        """Its sending allowance."""
        return self._members[provider_id].limits

    def set_full_until(self, provider_id: int, at: datetime) -> None:
        """The budget of the provider is used up until then."""
        self._full_until[provider_id] = at

    def pause(self, provider_id: int, *, until: datetime) -> None:
        """It said itself that it takes no more before then."""
        self._paused_until[provider_id] = until
        self._steady.pop(provider_id, None)
        self._changed()

    def free_again_at(self, provider_id: int, *, now: datetime) -> datetime | None:
        """When its budget allows more; None while it does."""
        paused = self._paused_until.get(provider_id)
        if paused is not None and paused > now:
            return paused
        if paused is not None:
            del self._paused_until[provider_id]
            self._steady.pop(provider_id, None)
        known = self._full_until.get(provider_id)
        if known is not None and known > now:
            return known
        member = self._members[provider_id]
        if member.limits == UNLIMITED:
            return None
        return free_again_at(member.limits, member.usages, now=now)

    def _changed(self) -> None:
        self.revision += 1
        self._chains.clear()
        self._smallest_limit = None

    def _remember(self, traits: MailTraits, links: tuple[Link, ...]) -> None:
        if len(self._chains) >= MOST_CHAINS:
            self._chains.clear()
        self._chains[traits] = links

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
            settings=provider.identity.settings,
        )

    def _weighty(self, size: int) -> int:
        """The size where it can matter to a provider, else 0: so that most mails are alike."""
        if self._smallest_limit is None:
            limits = [self._members[provider_id].largest_size for provider_id in self._present]
            self._smallest_limit = min((item for item in limits if item is not None), default=-1)
        return size if 0 <= self._smallest_limit < size else 0

    def _traits(self, message: ClaimedMessage, sticky: int | None) -> MailTraits:
        return MailTraits(
            stream=message.stream,
            partner_id=message.partner_id,
            from_email=message.from_email,
            size=self._weighty(message.size),
            may_use_house=message.partner_id not in self._partners_without_house,
            first_provider_id=sticky,
            is_copy=any(item.copies for item in message.deliveries),
            down_provider_id=message.down_provider_id,
        )

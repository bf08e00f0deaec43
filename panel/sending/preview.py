"""What would happen to a mail at this moment, by the sender's own chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.chain import Link
from panel.domain.decision import Standing
from panel.domain.delivery import Stream, flow_id
from panel.domain.sender_rule import Sender, sender
from panel.drivers.egress import EgressPolicy
from panel.sending.roster import Roster
from panel.sending.snapshot import EgressRules, Snapshot
from panel.storage.database import Session
from panel.storage.queue.claims import ClaimedDelivery, ClaimedMessage
from panel.storage.queue.roster import Member, members, partners_without_house
from panel.storage.vault import Vault

_NOWHERE = EgressRules(EgressPolicy(()), EgressPolicy(()))


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """What of a mail its way depends on."""

    stream: Stream
    partner_id: int | None
    from_email: str
    """With its domain in ASCII; empty when the provider's own is used."""
    size: int
    is_copy: bool = False
    sticky_provider_id: int | None = None
    down_provider_id: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A provider of the chain with all that its place in it depends on."""

    link: Link
    member: Member
    sender: Sender
    """The From that the mail would leave with there."""
    free_at: datetime | None
    """When its budget allows more; None while it does."""


def preview(
    session: Session, vault: Vault, mail: WaitingMail, *, now: datetime
) -> tuple[Link, ...]:
    """The chain as a worker would go along it now; nothing is sent and nobody is asked."""
    return tuple(stop.link for stop in look_along(session, vault, mail, now=now))


def look_along(
    session: Session, vault: Vault, mail: WaitingMail, *, now: datetime
) -> tuple[Stop, ...]:
    """The same chain with what is known of each of its providers."""
    snapshot = Snapshot(members(session, vault, now=now), partners_without_house(session))
    roster = Roster(egress=_NOWHERE, client_name="")
    roster.renew(snapshot)
    links = roster.links(_as_claimed(mail, now), sticky=mail.sticky_provider_id, now=now)
    known = {member.provider.id: member for member in snapshot.members}
    return tuple(_stop(link, known[link.provider_id], mail, roster, now) for link in links)


def _stop(link: Link, member: Member, mail: WaitingMail, roster: Roster, now: datetime) -> Stop:
    candidate = roster.candidate(link.provider_id, now=now)
    chosen = sender(mail.from_email, provider_from=candidate.mailbox, domains=candidate.domains)
    return Stop(link, member, chosen, roster.free_again_at(link.provider_id, now=now))


def _as_claimed(mail: WaitingMail, now: datetime) -> ClaimedMessage:
    delivery = ClaimedDelivery(
        id=0,
        message_id="",
        recipient="",
        attempts=0,
        copies=int(mail.is_copy),
        sticky_provider_id=mail.sticky_provider_id,
        standing=Standing(mail.stream, 0, now),
    )
    return ClaimedMessage(
        id="",
        flow=flow_id(mail.stream, mail.partner_id),
        partner_id=mail.partner_id,
        stream=mail.stream,
        from_email=mail.from_email,
        size=mail.size,
        header=b"",
        body=None,
        deliveries=(delivery,),
        down_provider_id=mail.down_provider_id,
    )

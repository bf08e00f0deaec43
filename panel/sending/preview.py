"""What would happen to a waiting mail at this moment, by the sender's own chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.chain import Link
from panel.domain.decision import Standing
from panel.domain.delivery import Stream, flow_id
from panel.drivers.egress import EgressPolicy
from panel.sending.roster import Roster
from panel.sending.snapshot import EgressRules, Snapshot
from panel.storage.database import Session
from panel.storage.queue.claims import ClaimedDelivery, ClaimedMessage
from panel.storage.queue.roster import members, partners_without_house
from panel.storage.vault import Vault

_NOWHERE = EgressRules(EgressPolicy(()), EgressPolicy(()))


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """What of a mail its way depends on."""

    stream: Stream
    partner_id: int | None
    from_email: str
    size: int
    is_copy: bool
    sticky_provider_id: int | None


def preview(
    session: Session, vault: Vault, mail: WaitingMail, *, now: datetime
) -> tuple[Link, ...]:
    """The chain as a worker would go along it now; nothing is sent and nobody is asked."""
    roster = Roster(egress=_NOWHERE, client_name="")
    roster.renew(Snapshot(members(session, vault, now=now), partners_without_house(session)))
    return roster.links(_as_claimed(mail, now), sticky=mail.sticky_provider_id, now=now)


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
    )

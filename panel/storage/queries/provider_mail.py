"""How much of the waiting mail a provider has to do with, at a cost that stays bounded."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from panel.domain.delivery import DeliveryState
from panel.storage.models import Delivery
from panel.storage.models.delivery import IS_WAITING

MOST_LOOKED_AT = 20_000
"""Deliveries that are looked at, the oldest first."""


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """Deliveries that wait after this provider was tried, and those that it is being given now."""

    waiting: int = 0
    running: int = 0
    is_capped: bool = False
    """There may be more."""


def waiting_mail(session: Session, provider_id: int) -> WaitingMail:
    """The mail that deleting the provider would touch."""
    oldest = (
        select(Delivery.state, Delivery.provider_id, Delivery.sticky_provider_id)
        .where(IS_WAITING)
        .order_by(Delivery.id)
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    concerned = or_(oldest.c.provider_id == provider_id, oldest.c.sticky_provider_id == provider_id)
    is_running = concerned & (oldest.c.state == DeliveryState.SENDING)
    looked_at, touched, running = session.execute(
        select(
            func.count(), func.count(case((concerned, 1))), func.count(case((is_running, 1)))
        ).select_from(oldest)
    ).one()
    return WaitingMail(touched - running, running, looked_at == MOST_LOOKED_AT)

"""Which way a waiting mail would go if its turn came now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.chain import Link
from panel.domain.delivery import DUE_STATES
from panel.domain.permission import Actor, Permission
from panel.sending.preview import WaitingMail, preview
from panel.services.access import authorise
from panel.services.discretion import own_providers
from panel.services.messages import Mail
from panel.storage.database import Session
from panel.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class RouteAhead:
    """The chain as it would be used, as far as the actor may know it."""

    links: tuple[Link, ...]
    is_whole: bool
    """False: the house's providers, of which the actor is not told, belong to it too."""

    @property
    def is_open(self) -> bool:
        """Whether a provider that the actor knows would be tried."""
        return any(link.skip is None for link in self.links)


def look_ahead(
    session: Session, actor: Actor, *, mail: Mail, vault: Vault, now: datetime
) -> RouteAhead | None:
    """The way of the opened delivery; None when it does not wait to be sent."""
    authorise(actor, Permission.SEE_MAILING_LOG)
    opened, summary = mail.opened, mail.summary
    if opened.state not in DUE_STATES:
        return None
    waiting = WaitingMail(
        stream=summary.stream,
        partner_id=summary.partner_id,
        from_email=summary.from_email,
        size=summary.size,
        is_copy=opened.copies > 0,
        sticky_provider_id=opened.sticky_provider_id,
        down_provider_id=summary.down_provider_id,
    )
    links = preview(session, vault, waiting, now=now)
    if actor.scope.is_everything:
        return RouteAhead(links, is_whole=True)
    own = own_providers(session, actor.scope)
    known = tuple(link for link in links if link.provider_id in own)
    return RouteAhead(known, is_whole=len(known) == len(links))

"""The first line of every use case: whether the actor may do this at all."""

from __future__ import annotations

from panel.domain.permission import Actor, Permission
from panel.services.refusals import N_, NotAllowed


def authorise(actor: Actor, *permissions: Permission) -> None:
    """Raises NotAllowed when the actor has none of the permissions."""
    if not any(map(actor.may, permissions)):
        raise NotAllowed(N_("You may not do that. Ask an operator."))

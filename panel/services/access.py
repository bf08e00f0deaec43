"""The first line of every use case: whether the actor may do this at all."""

from __future__ import annotations

from panel.domain.permission import Actor, Permission
from panel.services.refusals import N_, NotAllowed


def authorise(actor: Actor, permission: Permission) -> None:
    """Raises NotAllowed when the actor lacks the permission."""
    if not actor.may(permission):
        raise NotAllowed(N_("You may not do that. Ask an operator."))

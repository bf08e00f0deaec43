"""Which of a partner's two servers an address speaks of."""

from __future__ import annotations

from flask import request

from panel.domain.provider import ServiceType


def wanted_place() -> ServiceType:
    """The fallback where the address says so, else the main server."""
    is_fallback = request.args.get("server") == ServiceType.FALLBACK.value
    return ServiceType.FALLBACK if is_fallback else ServiceType.PRIMARY


def place_name(place: ServiceType) -> str | None:
    """What stands in addresses; nothing for the main server."""
    return place.value if place is ServiceType.FALLBACK else None

"""`/providers`: the list of the application's owner, to be looked at."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from panel.api.authentication import calling_application
from panel.api.provider_models import ProviderShown, ProvidersShown
from panel.domain.breaker import BreakerState
from panel.services.database import current_session
from panel.services.installation import Installation
from panel.services.providers import ProviderState, listing


def add_routes(blueprint: Blueprint) -> None:
    """Puts the view of this module into the API."""
    blueprint.add_url_rule("/providers", "list_providers", index, methods=["GET"])


def index() -> Response:
    """Order, state and health."""
    actor = calling_application()
    installation: Installation = current_app.extensions["postroom"]
    shown = listing(
        current_session(), actor, vault=installation.vault, partner_id=actor.scope.partner_id
    )
    answer = ProvidersShown(
        version=shown.version,
        providers=[_shown(place, state) for place, state in enumerate(shown.providers, start=1)],
    )
    return Response(answer.model_dump_json(), mimetype="application/json")


def _shown(place: int, state: ProviderState) -> ProviderShown:
    provider, breaker = state.provider, state.breaker
    is_resting = breaker.state is not BreakerState.CLOSED
    return ProviderShown(
        position=place,
        id=provider.id,
        name=provider.name,
        type=provider.type,
        driver=provider.driver,
        host=provider.host,
        port=provider.port,
        encryption=provider.encryption,
        from_email=provider.from_email,
        from_name=provider.from_name,
        domains=provider.domains,
        account_types=provider.account_types,
        service_type=provider.service_type,
        active=provider.is_active,
        verified_at=provider.verified_at if provider.is_verified else None,
        confirmed_at=provider.confirmed_at if provider.is_confirmed else None,
        health=breaker.state,
        fault=breaker.rule if is_resting else "",
        next_try_at=breaker.retry_at if is_resting else None,
        password_readable=state.has_readable_secret,
    )

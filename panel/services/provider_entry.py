"""Writing entered values into the row of a provider."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from panel.domain.permission import Actor
from panel.services.installation import Installation
from panel.services.provider_secrets import Choice, Use
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.storage.models import Provider
from panel.storage.secrets import store_secret


def enter(
    provider: Provider,
    values: ProviderValues,
    secret: Choice,
    *,
    installation: Installation,
    actor: Actor,
    now: datetime,
) -> None:
    """Writes values and secret into the row; the secret last, it is bound to the rest."""
    is_other = provider.identity != values.connection.identity
    _enter_connection(provider, values.connection)
    provider.type, provider.name = values.type, values.name
    provider.from_email, provider.from_name = values.from_email, values.from_name
    provider.domains = list(values.domains)
    provider.account_types = [stream.value for stream in values.account_types]
    provider.service_type = values.service_type
    for window in fields(values.limits):
        setattr(provider, window.name, getattr(values.limits, window.name))
    if secret.use is not Use.KEEP:
        store_secret(provider, secret.clear or "", vault=installation.vault, now=now, by=actor.name)
    if is_other or secret.use is not Use.KEEP:
        provider.verified_identity, provider.verified_at, provider.verified_by = "", None, ""


def _enter_connection(provider: Provider, values: ConnectionValues) -> None:
    provider.driver, provider.host, provider.port = values.driver, values.host, values.port
    provider.encryption = values.encryption
    provider.verify_certificate = values.verify_certificate
    provider.username = values.username
    provider.settings = dict(values.identity.settings)

"""Providers, active and verified unless a test says otherwise."""

from typing import Any

from panel.domain.provider import Encryption, ProviderType, ServiceType
from panel.storage.database import Session
from panel.storage.models import Provider, ProviderList
from panel.storage.secrets import store_secret
from panel.storage.vault import Vault
from tests.factories.moments import NOON

DEFAULTS: dict[str, Any] = {
    "partner_id": None,
    "type": ProviderType.SMTP,
    "driver": "smtp",
    "host": "127.0.0.1",
    "port": 2599,
    "username": "",
    "encryption": Encryption.NONE,
    "verify_certificate": True,
    "from_email": "post@house.test",
    "from_name": "The House",
    "domains": [],
    "account_types": [],
    "service_type": ServiceType.PRIMARY,
    "is_active": True,
    "settings": {},
    "created_at": NOON,
    "updated_at": NOON,
}


def a_provider(
    session: Session,
    *,
    vault: Vault | None = None,
    password: str = "",
    verified: bool = True,
    **overrides: Any,
) -> Provider:
    """An active provider at the end of its owner's list; `password` needs the `vault`."""
    owner = overrides.get("partner_id")
    count = session.query(Provider).filter_by(partner_id=owner, deleted_at=None).count()
    provider = Provider(**(DEFAULTS | {"position": count, "name": f"provider-{count + 1}"}))
    for field, value in overrides.items():
        setattr(provider, field, value)
    if password and vault is not None:
        store_secret(provider, password, vault=vault, now=NOON, by="factory@house.test")
    if verified:
        provider.verified_identity = provider.identity_digest
        provider.verified_at = NOON
        provider.verified_by = "factory@house.test"
    session.add(provider)
    a_provider_list(session, owner)
    session.flush()
    return provider


def a_provider_list(session: Session, partner_id: int | None = None) -> ProviderList:
    """The list of the house, or of a partner; made when it is not there."""
    owner = "house" if partner_id is None else f"partner:{partner_id}"
    found = session.query(ProviderList).filter_by(owner=owner).one_or_none()
    if found is None:
        found = ProviderList(owner=owner, version=1)
        session.add(found)
        session.flush()
    return found

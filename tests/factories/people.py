"""Users, partners and applications."""

import hashlib
import secrets
from typing import Any

from panel.domain.permission import Role
from panel.storage.database import Session
from panel.storage.models import Application, Partner, User
from tests.factories.moments import NOON

PASSWORD = "correct horse battery staple"


def a_partner(session: Session, **overrides: Any) -> Partner:
    """An enabled partner that may use the house's providers."""
    slug = overrides.pop("slug", f"partner-{secrets.token_hex(4)}")
    partner = Partner(slug=slug, name=slug.title(), created_at=NOON, **overrides)
    session.add(partner)
    session.flush()
    return partner


def a_user(session: Session, role: Role = Role.OPERATOR, **overrides: Any) -> User:
    """A user whose password is not set."""
    if role is Role.PARTNER_ADMIN and "partner_id" not in overrides:
        overrides["partner_id"] = a_partner(session).id
    values: dict[str, Any] = {
        "email": f"{role.value}-{secrets.token_hex(4)}@house.test",
        "role": role,
        "created_at": NOON,
    }
    user = User(**(values | overrides))
    session.add(user)
    session.flush()
    return user


def an_application(session: Session, **overrides: Any) -> Application:
    """An application of the house for all streams; nobody knows its token."""
    values: dict[str, Any] = {
        "name": "shop",
        "streams": ["system", "customer_service", "campaigns", "crm"],
        "from_domains": [],
        "rights": [],
        "token_prefix": secrets.token_hex(6),
        "token_hash": hashlib.sha256(secrets.token_bytes(32)).hexdigest(),
        "smtp_username": f"app-{secrets.token_hex(6)}",
        "smtp_password_hash": hashlib.sha256(secrets.token_bytes(32)).hexdigest(),
        "created_at": NOON,
    }
    application = Application(**(values | overrides))
    session.add(application)
    session.flush()
    return application

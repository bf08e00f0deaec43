"""Applications: creating one with what it may send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from panel.domain.delivery import Stream
from panel.domain.permission import RIGHT_PERMISSIONS, Actor, Permission
from panel.sending.address import address_fault, wire_address
from panel.services.access import authorise
from panel.services.application_tokens import NewCredentials, new_credentials, secret_hash
from panel.services.audit import record
from panel.services.refusals import N_, Invalid
from panel.storage.database import Session
from panel.storage.models import Application
from panel.storage.queries import applications as queries
from panel.storage.queries.partners import find_by_slug

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class ApplicationValues:
    """What is asked for when an application is created; nothing in it has been checked."""

    name: str
    streams: tuple[str, ...]
    partner_slug: str = ""
    """Empty: it belongs to the house."""
    from_domains: tuple[str, ...] = ()
    """What it may send from; empty: any. A leading dot covers subdomains."""
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewApplication:
    """An application that has just been created."""

    id: int
    name: str
    credentials: NewCredentials


def add_application(
    session: Session, actor: Actor, *, values: ApplicationValues, now: datetime
) -> NewApplication:
    """Creates an application. Its credentials cannot be read again later.

    Raises Invalid with a message for each field that cannot be used.
    """
    authorise(actor, Permission.CHANGE_APPLICATIONS)
    check_application(values)
    partner = find_by_slug(session, values.partner_slug) if values.partner_slug else None
    if values.partner_slug and partner is None:
        raise Invalid({"partner": N_("There is no partner with this slug. Add it first.")})
    credentials = new_credentials()
    partner_id = partner.id if partner else None
    row = _row(values, credentials, partner_id=partner_id, now=now)
    application_id = queries.add(session, row)
    record(
        session,
        actor,
        action="application.added",
        subject=f"application:{application_id}",
        after={
            "name": row.name,
            "streams": row.streams,
            "partner": values.partner_slug,
            "from_domains": row.from_domains,
            "rights": row.rights,
        },
        partner_id=partner_id,
        now=now,
    )
    session.commit()
    return NewApplication(application_id, row.name, credentials)


def check_application(values: ApplicationValues) -> None:
    """Raises Invalid for what no application can have; whether its partner exists is not asked."""
    errors = {}
    name = values.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = N_("Give a name of at most 100 characters.")
    if not values.streams or not set(values.streams) <= set(Stream):
        errors["streams"] = N_(
            "Give one or more of system, customer_service, crm and campaigns, with commas between."
        )
    if any(address_fault(f"a@{domain.removeprefix('.')}") for domain in values.from_domains):
        errors["from_domains"] = N_("One of these is not a domain. Example: mail.example.com")
    if not set(values.rights) <= set(RIGHT_PERMISSIONS):
        errors["rights"] = N_("There are two rights: connection_tests and providers_read.")
    if errors:
        raise Invalid(errors)


def _row(
    values: ApplicationValues, secret: NewCredentials, *, partner_id: int | None, now: datetime
) -> Application:
    return Application(
        name=values.name.strip(),
        partner_id=partner_id,
        streams=_unique(values.streams),
        from_domains=_unique(_wire_domain(domain) for domain in values.from_domains),
        rights=_unique(values.rights),
        token_prefix=secret.prefix,
        token_hash=secret_hash(secret.token),
        smtp_username=secret.smtp_username,
        smtp_password_hash=secret_hash(secret.smtp_password),
        created_at=now,
    )


def _wire_domain(domain: str) -> str:
    """The domain in small ASCII letters, its leading dot kept."""
    bare = domain.removeprefix(".")
    return domain[: len(domain) - len(bare)] + wire_address(f"a@{bare}")[2:].lower()


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))

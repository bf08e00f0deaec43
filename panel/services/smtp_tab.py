"""The SMTP tab: the mail server of a partner and its fallback, set up by the partner itself or by
an operator. What is saved are providers like those of the house, by the same use cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain.delivery import Stream
from panel.domain.permission import Actor, Permission
from panel.domain.provider import ServiceType
from panel.services import (
    connection_tests,
    provider_activation,
    provider_changes,
    provider_deletion,
    test_mails,
)
from panel.services.access import authorise
from panel.services.confirmations import confirm
from panel.services.connection_runs import Event
from panel.services.installation import Installation
from panel.services.partner_servers import find_server, the_server
from panel.services.partner_tests import Stopwatch, allow_try, told, told_mail, told_test
from panel.services.partners import Partner, the_partner
from panel.services.provider_changes import Saved
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.services.test_mails import Sent, Write
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queries import providers as queries

__all__ = ["ServerValues", "confirm_mail", "remove", "save", "send_mail", "test", "use"]

DEFAULT_PORT = 25
"""What an empty port stands for."""
_NAMES = {ServiceType.PRIMARY: "SMTP", ServiceType.FALLBACK: "SMTP fallback"}
_LONGEST_PARTNER = 80


@dataclass(frozen=True, slots=True)
class ServerValues:
    """What is entered for a server."""

    connection: ConnectionValues
    email: str


def save(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    place: ServiceType,
    values: ServerValues,
    version: int | None,
    installation: Installation,
    now: datetime,
    override_reason: str = "",
) -> Saved:
    """Saves a server and puts it to use when its test passes; else it is saved inactive.

    Raises Invalid with a message for each field, StaleEdit, and TooMany.
    """
    authorise(actor, Permission.OWN_SMTP)
    watch = Stopwatch.started()
    partner = the_partner(session, actor, slug)
    allow_try(session, actor, partner.id, now=now)
    server = find_server(session, actor, partner, place)
    entered = _values(session, partner, server, place, values)
    if server is None:
        saved = provider_changes.create(
            session,
            actor,
            values=entered,
            installation=installation,
            now=now,
            partner_id=partner.id,
            override_reason=override_reason,
        )
    else:
        saved = provider_changes.change(
            session,
            actor,
            provider_id=server.id,
            values=entered,
            version=version,
            installation=installation,
            now=now,
            override_reason=override_reason,
        )
    if saved.test is None:
        return saved
    return replace(saved, test=told_test(actor, saved.test, watch))


def test(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    place: ServiceType,
    values: ConnectionValues,
    installation: Installation,
    now: datetime,
) -> Iterator[Event]:
    """Begins the test of entered values. Raises Invalid as saving does, and TooMany."""
    authorise(actor, Permission.OWN_SMTP)
    watch = Stopwatch.started()
    partner = the_partner(session, actor, slug)
    allow_try(session, actor, partner.id, now=now)
    server = find_server(session, actor, partner, place)
    events = connection_tests.of_draft(
        session,
        actor,
        values=values,
        provider_id=server.id if server else None,
        installation=installation,
        now=now,
        partner_id=partner.id,
    )
    return told(actor, events, watch)


def send_mail(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    place: ServiceType,
    to: str,
    write: Write,
    installation: Installation,
    now: datetime,
) -> Sent:
    """Sends a code through the server. Raises Invalid for the field `to`, and TooMany."""
    authorise(actor, Permission.OWN_SMTP)
    watch = Stopwatch.started()
    partner = the_partner(session, actor, slug)
    server = the_server(session, actor, slug=slug, place=place)
    allow_try(session, actor, partner.id, now=now)
    sent = test_mails.send_test_mail(
        session,
        actor,
        provider_id=server.id,
        to=to,
        write=write,
        installation=installation,
        now=now,
    )
    return told_mail(actor, sent, watch)


def confirm_mail(
    session: Session, actor: Actor, *, slug: str, place: ServiceType, code: str, now: datetime
) -> Provider:
    """Takes the code that arrived. Raises WrongCode or Conflict as for any provider."""
    authorise(actor, Permission.OWN_SMTP)
    server = the_server(session, actor, slug=slug, place=place)
    return confirm(session, actor, provider_id=server.id, code=code, now=now)


def remove(
    session: Session, actor: Actor, *, slug: str, place: ServiceType, now: datetime
) -> Provider:
    """Deletes a server; mail goes on by what is left."""
    authorise(actor, Permission.OWN_SMTP)
    server = the_server(session, actor, slug=slug, place=place)
    return provider_deletion.delete(session, actor, provider_id=server.id, now=now)


def use(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    place: ServiceType,
    is_active: bool,
    now: datetime,
) -> Provider:
    """Puts a server to use again, or stops using it: mail goes on by what is left.

    Raises NotVerified when its present connection has not passed a test.
    """
    authorise(actor, Permission.OWN_SMTP)
    server = the_server(session, actor, slug=slug, place=place)
    return provider_activation.set_active(
        session, actor, provider_id=server.id, is_active=is_active, now=now
    )


def _values(
    session: Session,
    partner: Partner,
    server: Provider | None,
    place: ServiceType,
    values: ServerValues,
) -> ProviderValues:
    """The values as a provider has them; what the tab does not show stays as it is."""
    name = _new_name(session, partner, place) if server is None else server.name
    new = ProviderValues(
        connection=values.connection,
        name=name,
        from_email=values.email,
        service_type=place,
        is_active=True,
    )
    if server is None:
        return new
    return replace(
        new,
        from_name=server.from_name,
        domains=tuple(server.domains),
        account_types=tuple(Stream(word) for word in server.account_types),
        limits=server.limits,
    )


def _new_name(session: Session, partner: Partner, place: ServiceType) -> str:
    name = f"{partner.name[:_LONGEST_PARTNER]} {_NAMES[place]}"
    tried, number = name, 1
    while queries.is_name_taken(session, partner.id, name=tried, except_id=None):
        number += 1
        tried = f"{name} {number}"
    return tried

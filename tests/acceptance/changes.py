"""What people do to providers and to mail, by the same use cases as the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from panel.config import read_config
from panel.domain.delivery import DeliveryState
from panel.domain.permission import COMMAND_LINE
from panel.domain.ruling import Choice
from panel.services import provider_activation, provider_changes, provider_deletion, rulings
from panel.services.installation import prepare
from panel.storage.database import session_for
from panel.storage.models import Delivery, Provider
from panel.storage.queue.rulings import Seen
from tests.acceptance.scene import Scene
from tests.factories.provider_forms import connection_values, provider_values, values_of


def delete(scene: Scene, name: str) -> None:
    """Deletes the provider of that name."""
    provider_id = scene.provider_id(name)
    with session_for(scene.engine) as session:
        provider_deletion.delete(
            session, COMMAND_LINE, provider_id=provider_id, now=datetime.now(UTC)
        )


def switch(scene: Scene, name: str, *, on: bool) -> None:
    """Activates or deactivates it."""
    provider_id = scene.provider_id(name)
    with session_for(scene.engine) as session:
        provider_activation.set_active(
            session,
            COMMAND_LINE,
            provider_id=provider_id,
            is_active=on,
            now=datetime.now(UTC),
            override_reason="a trial",
        )


def move(scene: Scene, name: str, *, port: int) -> bool:
    """Points it at another server, which is tested on saving; whether it is active afterwards."""
    provider_id = scene.provider_id(name)
    installation = prepare(read_config(scene.installation.environment))
    with session_for(scene.engine) as session:
        provider = session.get_one(Provider, provider_id)
        values = values_of(provider)
        connection = replace(values.connection, port=port)
        session.rollback()
        saved = provider_changes.change(
            session,
            COMMAND_LINE,
            provider_id=provider_id,
            values=replace(values, connection=connection),
            version=None,
            installation=installation,
            now=datetime.now(UTC),
        )
        return saved.provider.is_active


def add(scene: Scene, name: str, *, port: int) -> None:
    """Adds a provider, which is tested on saving."""
    installation = prepare(read_config(scene.installation.environment))
    connection = connection_values(port=port)
    with session_for(scene.engine) as session:
        provider_changes.create(
            session,
            COMMAND_LINE,
            values=provider_values(connection, name=name, is_active=True),
            installation=installation,
            now=datetime.now(UTC),
        )


def decide(scene: Scene, choice: Choice, *, limit: int) -> int:
    """Decides about mail of which nobody knows whether it left; how many were decided."""
    waits = (Delivery.state == DeliveryState.UNCONFIRMED, Delivery.next_attempt_at.is_(None))
    columns = (Delivery.id, Delivery.message_id, Delivery.attempts)
    with session_for(scene.engine) as session:
        found = session.execute(select(*columns).where(*waits).limit(limit)).all()
        session.rollback()
        for delivery_id, message_id, attempts in found:
            rulings.decide(
                session,
                COMMAND_LINE,
                message_id=message_id,
                delivery_id=delivery_id,
                choice=choice,
                seen=Seen(DeliveryState.UNCONFIRMED, attempts),
                note="a trial",
                now=datetime.now(UTC),
            )
    return len(found)

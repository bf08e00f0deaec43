"""`/messages/<id>/cancellations`: taking a mail back."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response

from panel.api.authentication import calling_application
from panel.api.messages import message_answer
from panel.services.cancellations import cancel_message
from panel.services.database import current_session


def add_routes(blueprint: Blueprint) -> None:
    """Puts the view of this module into the API."""
    path = "/messages/<message_id>/cancellations"
    blueprint.add_url_rule(path, "create_cancellation", create, methods=["POST"])


def create(message_id: str) -> Response:
    """Cancels what still waits of one of the caller's own messages; its state afterwards."""
    shown = cancel_message(
        current_session(), calling_application(), message_id=message_id, now=datetime.now(UTC)
    )
    return message_answer(shown)

"""Mails whose story is told."""

from datetime import timedelta
from typing import Any

import pytest

from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.services.messages import Mail, show_mail
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.moments import NOON

SUPPORT = Actor("support@house.test", frozenset(Permission), EVERYTHING)
A_SECOND = timedelta(seconds=1)
A_BLINK = timedelta(milliseconds=120)


@pytest.fixture
def told(session, app):
    """Tells the story of a mail with this route (provider ids) and these attempts."""

    def told(route: Any, attempts: Any, *, apart: timedelta = A_SECOND, **overrides: Any) -> Mail:
        links = [{"provider_id": id_, "name": f"p{id_}", "skip": skip} for id_, skip in route]
        delivery = a_delivery(session, route=links, **overrides)
        for place, (id_, status, rule) in enumerate(attempts):
            at = NOON + place * apart
            values = {"provider_id": id_, "status": status, "rule": rule}
            an_attempt(session, delivery, started_at=at, finished_at=at + A_BLINK, **values)
        mail = show_mail(session, SUPPORT, message_id=delivery.message_id)
        session.commit()
        return mail

    with app.test_request_context():
        yield told

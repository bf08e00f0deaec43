"""The kit of the acceptance tests."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from panel.domain.delivery import DeliveryState
from panel.domain.permission import COMMAND_LINE
from panel.services.applications import ApplicationValues, add_application
from panel.storage.models import Delivery
from tests.acceptance.scene import Scene
from tests.kit.patience import until
from tests.kit.processes import Installation, installation
from tests.kit.smtp import MakeSmtpServer

__all__ = ["installation"]
MESSAGES = "/api/v1/messages"
Post = Callable[..., dict[str, Any]]


@pytest.fixture
def scene(engine: Engine, installation: Installation, make_smtp_server: MakeSmtpServer) -> Scene:
    """An installation without providers, mail and processes as yet."""
    return Scene(engine, installation, make_smtp_server)


@pytest.fixture
def call(app, session):
    """Calls the API as an application; the answer's JSON."""
    values = ApplicationValues(name="shop", streams=("system",))
    made = add_application(session, COMMAND_LINE, values=values, now=datetime.now(UTC))
    headers = {"Authorization": f"Bearer {made.credentials.token}"}
    client = app.test_client()

    def call(path: str, body: Any = None, *, status: int = 202) -> dict[str, Any]:
        answer = client.post(MESSAGES + path, headers=headers, json=body or {})
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json
        return found

    return call


@pytest.fixture
def post(call) -> Post:
    """Hands in a mail; the answer."""

    def post(to: str = "kim@contoso.test", **changes: Any) -> dict[str, Any]:
        mail = {"stream": "system", "to": [to], "subject": "Code", "text": "4711", **changes}
        return call("", mail)

    return post


@pytest.fixture
def delivery(session):
    """A delivery as it is now in the database: by its id, or the first of a mail."""

    def delivery(of: int | dict[str, Any]) -> Delivery:
        session.rollback()
        session.expire_all()
        found = session.get_one(Delivery, of if isinstance(of, int) else of["deliveries"][0]["id"])
        session.refresh(found)
        session.expunge(found)  # else a look at it later would begin a transaction
        session.rollback()
        return found

    return delivery


@pytest.fixture
def wait_for(delivery):
    """The delivery of a mail, once it is in a state."""

    def wait_for(mail: dict[str, Any], state: DeliveryState) -> Delivery:
        until(lambda: delivery(mail).state is state, timeout_s=40)
        return delivery(mail)

    return wait_for

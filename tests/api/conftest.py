"""Applications and how they call the API."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from panel.domain.permission import COMMAND_LINE
from panel.services.applications import ApplicationValues, NewApplication, add_application
from panel.storage.database import Session
from tests.factories.moments import NOON

MESSAGES = "/api/v1/messages"
MAIL: dict[str, Any] = {
    "stream": "system",
    "to": ["lena@contoso.test"],
    "subject": "Your order",
    "text": "Good day.",
}


@dataclass(frozen=True)
class Api:
    """The API as one application calls it."""

    client: FlaskClient
    application: NewApplication

    @property
    def headers(self) -> dict[str, str]:
        """What lets the application in."""
        return {"Authorization": f"Bearer {self.application.credentials.token}"}

    def post(self, body: Any = None, *, key: str | None = None, **changes: Any) -> TestResponse:
        """Hands in a mail that is right but for `changes`, or `body` as it is."""
        headers = self.headers | ({"Idempotency-Key": key} if key is not None else {})
        if isinstance(body, bytes):
            content = {"data": body, "content_type": "application/json"}
            return self.client.post(MESSAGES, headers=headers, **content)
        return self.client.post(MESSAGES, headers=headers, json=body or MAIL | changes)

    def post_batch(self, body: Any, *, key: str | None = None) -> TestResponse:
        """Hands in many mails: a list of them, or `body` as it is."""
        headers = self.headers | ({"Idempotency-Key": key} if key is not None else {})
        whole = {"messages": body} if isinstance(body, list) else body
        return self.client.post(f"{MESSAGES}/batch", headers=headers, json=whole)

    def get(self, message_id: str) -> TestResponse:
        """Asks for a message."""
        return self.client.get(f"{MESSAGES}/{message_id}", headers=self.headers)

    def cancel(self, message_id: str) -> TestResponse:
        """Takes a message back."""
        return self.client.post(f"{MESSAGES}/{message_id}/cancellations", headers=self.headers)


@pytest.fixture
def make_api(app: Flask, session: Session) -> Callable[..., Api]:
    """Makes an application and its way into the API."""

    def make_api(*, streams: tuple[str, ...] = ("system",), **values: Any) -> Api:
        given = ApplicationValues(name="shop", streams=streams, **values)
        application = add_application(session, COMMAND_LINE, values=given, now=NOON)
        return Api(app.test_client(), application)

    return make_api


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """An application of the house for system mail."""
    return make_api()


def fields_of(response: TestResponse, *, status: int = 422) -> list[str]:
    """The fields that a problem names."""
    problem = problem_of(response, status=status)
    assert all(error["message"] for error in problem["errors"])
    return [error["field"] for error in problem["errors"]]


def problem_of(response: TestResponse, *, status: int) -> dict[str, Any]:
    """The RFC 9457 answer, which must be whole."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.text)
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == status
    assert problem["detail"]
    return problem

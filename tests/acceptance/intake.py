"""Mails handed in, and what was answered: through the HTTP API, or straight into the queue."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from panel.domain.delivery import Stream
from panel.domain.permission import COMMAND_LINE
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Accepted, Submission
from panel.sending.submit import submit_many
from panel.services.applications import ApplicationValues, add_application
from panel.storage.database import Engine, session_for

STREAMS = tuple(Stream)
AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
"""Answers after which a caller repeats its request, under the same key."""
PAUSE_S = 0.05
TIMEOUT_S = 45.0
TEXT = "A line of a mail that somebody waits for.\r\n" * 20


@dataclass
class Intake:
    """All that was accepted, whoever handed it in; safe between threads."""

    accepted: dict[int, str] = field(default_factory=dict)
    """Recipients by the id of their delivery."""
    statuses: Counter[str] = field(default_factory=Counter)
    """How often each HTTP status came; `none` where the answer was lost."""
    kinds: Sequence[str] = ("",)
    """What addresses tell the servers to do, by turns; empty: nothing special."""
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, deliveries: Mapping[int, str]) -> None:
        """Enters what was answered with 202."""
        with self._lock:
            self.accepted.update(deliveries)

    def note(self, status: str) -> None:
        """Counts an answer."""
        with self._lock:
            self.statuses[status] += 1

    def number(self) -> int:
        """A new one for each mail, so that no two have the same recipient."""
        return next(self._numbers)

    def address(self, stream: Stream, kind: str = "") -> str:
        """A new recipient; without a `kind` the next one by turns."""
        number = self.number()
        kind = kind or self.kinds[number % len(self.kinds)]
        return f"{kind or stream.value}+{stream.value}.{number}@contoso.test"

    def put(
        self, database: Engine, stream: Stream, count: int = 1, *, partner_id: int | None = None
    ) -> list[int]:
        """Mails of one recipient straight into the queue, in one commit; ids of the deliveries."""
        now = datetime.now(UTC)
        mails = [self._submission(stream, partner_id) for _ in range(count)]
        with session_for(database) as session:
            outcomes = submit_many(session, mails, now=now)
            session.commit()
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        taken = [item for one in outcomes if isinstance(one, Accepted) for item in one.deliveries]
        self.take({item.id: item.recipient for item in taken})
        return [item.id for item in taken]

    def put_mixed(self, database: Engine, count: int) -> list[int]:
        """As many mails of each stream as of the others, `count` in all, 25 in a commit."""
        return [
            delivery_id
            for stream in STREAMS * (count // 100)
            for delivery_id in self.put(database, stream, 25)
        ]

    def _submission(self, stream: Stream, partner_id: int | None) -> Submission:
        to = (Mailbox(self.address(stream)),)
        return Submission(
            stream=stream, to=to, subject="Order", text=TEXT, source="api", partner_id=partner_id
        )


class Caller:
    """An application that repeats each request under one key until it is answered for good."""

    def __init__(
        self, port: int, token: str, intake: Intake, *, given_up: threading.Event | None = None
    ) -> None:
        """It goes on until an answer comes, or until `given_up` is set."""
        self._port = port
        self._token = token
        self._intake = intake
        self._given_up = given_up or threading.Event()
        self._connection: http.client.HTTPConnection | None = None

    def post(self, stream: Stream, *, answers: tuple[int, ...] = (202,), **more: Any) -> str | None:
        """Hands in one mail by a request of its own; its message id once it is accepted."""
        answer = self._repeat("/api/v1/messages", self._mail(stream) | more, answers=answers)
        if answer is None or "deliveries" not in answer:
            return None
        self._intake.take(_deliveries(answer))
        return str(answer["id"])

    def post_batch(self, streams: Sequence[Stream]) -> bool:
        """Hands in a mail of each stream by one request; whether they were accepted."""
        body = {"messages": [self._mail(stream) for stream in streams]}
        answer = self._repeat("/api/v1/messages/batch", body)
        for one in answer["messages"] if answer else ():
            self._intake.take(_deliveries(one))
        return answer is not None

    def cancel(self, message_id: str) -> bool:
        """Takes a mail back, if it is not too late (409); whether there was an answer."""
        path = f"/api/v1/messages/{message_id}/cancellations"
        return self._repeat(path, {}, answers=(200, 409)) is not None

    def address(self, stream: Stream, kind: str) -> str:
        """A new recipient of that kind."""
        return self._intake.address(stream, kind)

    def close(self) -> None:
        """Ends its connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _mail(self, stream: Stream) -> dict[str, Any]:
        to = self._intake.address(stream)
        return {"stream": stream.value, "to": [to], "subject": "Order", "text": TEXT}

    def _repeat(self, path: str, body: Any, *, answers: tuple[int, ...] = (202,)) -> Any:
        """The answer with one of these statuses, however often it takes; None when given up."""
        key = uuid.uuid4().hex
        content = json.dumps(body).encode()
        while True:
            status, answer = self._ask(path, content, key)
            self._intake.note(str(status or "none"))
            if status in answers:
                return json.loads(answer)
            assert status is None or status in AGAIN, (status, answer)
            if self._given_up.wait(PAUSE_S):
                return None

    def _ask(self, path: str, content: bytes, key: str) -> tuple[int | None, bytes]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        if self._connection is None:
            address = ("127.0.0.1", self._port)
            self._connection = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)
        try:
            self._connection.request("POST", path, content, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None, b""


def a_token(database: Engine, *, partner_slug: str = "") -> str:
    """The token of a new application that may send in every stream."""
    streams = tuple(stream.value for stream in Stream)
    values = ApplicationValues(name="shop", streams=streams, partner_slug=partner_slug)
    with session_for(database) as session:
        application = add_application(session, COMMAND_LINE, values=values, now=datetime.now(UTC))
    return application.credentials.token


def _deliveries(answer: Any) -> dict[int, str]:
    return {item["id"]: item["to"] for item in answer["deliveries"]}

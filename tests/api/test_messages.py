"""A mail is handed in over HTTP, stored as it was given, and read back."""

import base64
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import AttemptStatus, DeliveryState, Stream
from panel.storage.models import Content, Delivery, Message
from tests.api.conftest import MAIL, fields_of, problem_of
from tests.factories.mail import an_attempt
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

PDF = {"filename": "a.pdf", "content_type": "application/pdf", "content": "JVBERg=="}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"stream": "letters"}, "stream"),
    ({"stream": "crm"}, "stream"),
    ({"to": "lena@contoso.test"}, "to"),
    ({"to": []}, "to"),
    ({"to": [7]}, "to.0"),
    ({"to": [{"name": "x"}]}, "to.0.email"),
    ({"to": ["a@b.test", "Lena <lena@contoso.test>"]}, "to.1.email"),
    ({"to": ["a@b.test"] * 1001}, "to"),
    ({"cc": [{"email": "a@b.test", "naem": "x"}]}, "cc.0.naem"),
    ({"from": "nobody"}, "from.email"),
    ({"reply_to": [{"email": "a@b.test", "name": "x\ny"}]}, "reply_to.0.name"),
    ({"subject": None}, "subject"),
    ({"subject": "a\r\nBcc: x@y.test"}, "subject"),
    ({"text": None}, "text"),
    ({"text": 5}, "text"),
    ({"html": "\0"}, "html"),
    ({"headers": {"Bcc": "x@y.test"}}, "headers.Bcc"),
    ({"headers": {"X-A": "a\nBcc: x@y.test"}}, "headers.X-A"),
    ({"headers": {"X-A\r\nBcc": "x"}}, "headers"),
    ({"headers": [["X-A", "x"]]}, "headers"),
    ({"attachments": [PDF | {"content": "no base64!"}]}, "attachments.0.content"),
    ({"attachments": [PDF | {"content": "JVBERg"}]}, "attachments.0.content"),
    ({"attachments": [PDF | {"filename": "a\nb"}]}, "attachments.0.filename"),
    ({"attachments": [PDF | {"content_type": "pdf"}]}, "attachments.0.content_type"),
    ({"attachments": [PDF | {"content_id": "x"}]}, "attachments.0.content_id"),
    ({"send_at": "2026-03-02T12:00:00"}, "send_at"),
    ({"send_at": "tomorrow"}, "send_at"),
    ({"send_at": 1772452800}, "send_at"),
    ({"send_at": "2926-03-02T12:00:00Z"}, "send_at"),
    ({"expires_in": 0}, "expires_in"),
    ({"expires_in": "600"}, "expires_in"),
    ({"expires_in": True}, "expires_in"),
    ({"metadata": ["x"]}, "metadata"),
    ({"metadata": {"x": "y" * 17_000}}, "metadata"),
    ({"metadata": {"x": float("nan")}}, "metadata"),
    ({"priority": "high"}, "priority"),
]


def stored(session, message_id: str) -> Any:
    """The mail as it will go over the wire, parsed."""
    message = session.get_one(Message, message_id)
    body = session.get_one(Content, message.content_digest).body
    return BytesParser(policy=default).parsebytes(message.header + b"\r\n" + body)


def test_mail_is_accepted_with_a_delivery_for_each_recipient(api, session):
    answer = api.post(cc=["a@b.test"], bcc=[{"email": "c@d.test", "name": "C"}])

    assert answer.status_code == 202
    body = answer.json
    assert body["status"] == "queued"
    assert [item["to"] for item in body["deliveries"]] == [
        "lena@contoso.test",
        "a@b.test",
        "c@d.test",
    ]
    assert {item["status"] for item in body["deliveries"]} == {"queued"}
    assert answer.headers["Location"] == f"/api/v1/messages/{body['id']}"
    assert session.get_one(Message, body["id"]).application_id == api.application.id


def test_every_field_reaches_the_mail(api, session):
    answer = api.post(
        **{"from": {"email": "shop@house.test", "name": "Büro"}},
        reply_to="help@house.test",
        html='<img src="cid:logo">',
        headers={"X-Order": "42"},
        attachments=[PDF, PDF | {"content_id": "logo", "content_type": "image/png"}],
        metadata={"order": {"number": 42}},
    )

    mail = stored(session, answer.json["id"])
    assert mail["From"].addresses[0].display_name == "Büro"
    assert mail["Reply-To"] == "help@house.test"
    assert mail["X-Order"] == "42"
    (file,) = mail.iter_attachments()
    assert file.get_content() == b"%PDF"
    message = session.get_one(Message, answer.json["id"])
    assert message.details == {"order": {"number": 42}}
    assert (message.source, message.stream) == ("api", Stream.SYSTEM)


def test_mail_may_wait_and_may_expire(api, session):
    send_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    answer = api.post(send_at=send_at.isoformat(), expires_in=600)

    delivery = session.scalars(select(Delivery)).one()
    assert answer.status_code == 202
    assert delivery.next_attempt_at == send_at
    assert delivery.expires_at == send_at + timedelta(minutes=10)


def test_mail_that_is_worthless_soon_expires_soon(api, session):
    api.post(expires_in=600)

    delivery = session.scalars(select(Delivery)).one()
    assert delivery.expires_at - delivery.created_at == timedelta(minutes=10)


def test_wrong_value_names_its_field_and_nothing_is_stored(api, session):
    for changes, field in WRONG:
        assert fields_of(api.post(**changes)) == [field], changes
    assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_all_faults_are_told_at_once(api):
    assert fields_of(api.post({"to": ["x"], "text": 1})) == ["stream", "subject", "text"]
    assert fields_of(api.post(to=["x"], subject="\n")) == ["to.0.email", "subject"]


def test_body_must_be_an_object(api):
    assert fields_of(api.post(b"[]")) == ["body"]


def test_from_stays_within_the_domains_of_the_application(make_api):
    api = make_api(from_domains=("house.test",))

    assert api.post(**{"from": "a@house.test"}).status_code == 202
    assert fields_of(api.post(**{"from": "a@other.test"})) == ["from.email"]


def test_repeating_with_the_same_key_gives_the_first_answer(api, session):
    first, second = api.post(key="order-1"), api.post(key="order-1")

    assert second.status_code == 202
    assert second.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_another_body_with_the_same_key_is_a_conflict(api):
    api.post(key="order-1")

    assert "Idempotency-Key" in problem_of(api.post(key="order-1", text="x"), status=409)["detail"]


def test_key_must_be_short_and_plain(api):
    for key in ("", "x" * 256, "schlüssel"):
        assert fields_of(api.post(key=key)) == ["Idempotency-Key"]


def test_message_is_read_back_with_its_attempts(api, session):
    answer = api.post()
    delivery = session.scalars(select(Delivery)).one()
    provider = a_provider(session, name="Relay")
    an_attempt(session, delivery, provider_id=provider.id, provider_name="Relay")
    delivery.state = DeliveryState.DEFERRED
    session.commit()

    body = api.get(answer.json["id"]).json

    assert (body["id"], body["status"]) == (answer.json["id"], "deferred")
    assert (body["stream"], body["subject"]) == ("system", "Your order")
    assert datetime.fromisoformat(body["created_at"]).tzinfo is not None
    (shown,) = body["deliveries"]
    assert (shown["to"], shown["status"]) == ("lena@contoso.test", "deferred")
    (attempt,) = shown["attempts"]
    assert datetime.fromisoformat(attempt.pop("started_at")).tzinfo is not None
    assert attempt == {
        "number": 1,
        "provider": "Relay",
        "status": "FAIL",
        "reply_code": 451,
        "enhanced_code": "4.7.1",
        "reason": "greylisted",
        "reply": "451 4.7.1 Greylisted, come back later",
        "duration_ms": 120,
    }


def test_attempt_under_way_has_no_duration(api, session):
    answer = api.post()
    delivery = session.scalars(select(Delivery)).one()
    an_attempt(session, delivery, status=AttemptStatus.IN_PROGRESS, finished_at=None)
    session.commit()

    (shown,) = api.get(answer.json["id"]).json["deliveries"]

    assert shown["attempts"][0]["duration_ms"] is None


def test_messages_of_others_are_not_there(api, make_api, session):
    a_partner(session, slug="acme")
    session.commit()
    message_id = api.post().json["id"]

    for other in (make_api(), make_api(partner_slug="acme")):
        problem_of(other.get(message_id), status=404)
        problem_of(other.cancel(message_id), status=404)
    assert api.get(message_id).json["status"] == "queued"


def test_what_is_no_message_is_not_there(api):
    for message_id in ("x", "%00", "0" * 26, "0" * 25 + "%00", "%C3%A9" * 26):
        problem_of(api.get(message_id), status=404)


def test_waiting_message_can_be_taken_back(api):
    message_id = api.post(to=["a@b.test", "c@d.test"]).json["id"]

    answer = api.cancel(message_id)

    assert answer.status_code == 200
    assert answer.json["status"] == "cancelled"
    assert {item["status"] for item in answer.json["deliveries"]} == {"cancelled"}
    assert api.cancel(message_id).json == answer.json


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.SENDING])
def test_message_that_is_out_cannot_be_taken_back(api, session, state):
    message_id = api.post().json["id"]
    session.scalars(select(Delivery)).one().state = state
    session.commit()

    problem_of(api.cancel(message_id), status=409)
    assert api.get(message_id).json["status"] == state


def test_file_of_megabytes_is_taken(api, session):
    content = base64.b64encode(bytes(range(256)) * 4096 * 10).decode()
    answer = api.post(attachments=[PDF | {"content": content}])

    assert answer.status_code == 202
    assert session.get_one(Message, answer.json["id"]).size > 13_000_000


def test_mail_over_the_limit_is_refused(api):
    content = base64.b64encode(bytes(25 * 1024 * 1024 + 1)).decode()
    mail = MAIL | {"attachments": [PDF | {"content": content}]}

    assert fields_of(api.post(mail)) == ["attachments"]

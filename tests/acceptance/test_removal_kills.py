"""A worker is killed while it removes old mail; nothing is half gone, and the next one goes on."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import exists, func, insert, or_, select

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase, Stream, flow_id
from panel.storage.models import Attempt, AuditEvent, Content, Delivery, Message, Transcript
from panel.storage.queue.removal import Part
from tests.factories.ended import keep
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.kit.patience import until

MAILS, RECIPIENTS = 1500, 2
OLD = timedelta(days=100)


@pytest.fixture
def old_mail(session):
    """Mails that may go, each with its own content, two recipients, attempts and what was said."""
    at = datetime.now(UTC) - OLD
    numbers = range(MAILS)
    bodies = [b"%d\r\n" % number for number in numbers]
    digests = [sha256(body).digest() for body in bodies]
    add(session, Content, ({"digest": sha256(b).digest(), "body": b} for b in bodies), at)
    add(session, Message, (a_row(number, digests[number]) for number in numbers), at)
    deliveries = [
        {"id": number + 1, "message_id": f"M{number // RECIPIENTS:025}", **a_recipient(at)}
        for number in range(MAILS * RECIPIENTS)
    ]
    add(session, Delivery, deliveries, at)
    session.execute(insert(Attempt), [a_try(row["id"], at) for row in deliveries])
    said = [{"delivery_id": row["id"], "number": 1, "said": "< 250"} for row in deliveries]
    session.execute(insert(Transcript), said)
    session.commit()


@pytest.fixture
def others(session):
    """Deliveries that have not ended, or not long ago; one of them is of a mail that is half old.

    On PostgreSQL the ids that were given above are passed over.
    """
    now = datetime.now(UTC)
    half = a_message(session, stream=Stream.CRM, created_at=now - OLD, body=b"Half.\r\n")
    over = {"state": DeliveryState.SENT, "next_attempt_at": None}
    held = {"state": DeliveryState.HELD, "next_attempt_at": None, "expires_at": now + OLD}
    first = MAILS * RECIPIENTS + 1
    made = [
        a_delivery(session, half, id=first, ended_at=now - OLD, **over),
        a_delivery(session, half, id=first + 1, recipient="b@contoso.test", **held),
    ]
    young = a_message(session, stream=Stream.CRM, created_at=now)
    made.append(a_delivery(session, young, id=first + 2, ended_at=now, **over))
    for delivery in made:
        an_attempt(session, delivery)
    session.commit()
    return [delivery.id for delivery in made]


@pytest.mark.parametrize("part", Part)
def test_killed_worker_leaves_no_mail_half_removed_and_the_next_one_goes_on(
    session, installation, old_mail, others, part
):
    days = {"bodies_days": 30, "mails_days": 30 if part is Part.ALL else None}
    keep(session, Stream.CRM, **days)
    session.commit()
    worker = installation.worker()
    until(lambda: removed(session, part) > 0)
    worker.kill()

    first = removed(session, part)
    assert 0 < first < MAILS, "It was over before the worker was killed."
    assert halves(session) == {}
    again = installation.worker()
    until(lambda: removed(session, part) == MAILS, timeout_s=60)
    line = again.wait_for("mail_removed")

    told = json.loads(line)
    assert (told["part"], told["mails"]) == (part.value, MAILS - first)
    assert halves(session) == {}
    kept = session.scalars(select(Delivery.id).where(Delivery.id.in_(others)))
    assert sorted(kept) == others
    assert count(session, Message.content_digest.is_not(None)) == 2
    assert count(session, Content.digest.is_not(None)) == 2
    assert count(session, AuditEvent.id.is_not(None)) == 0, "Only people's acts are in the audit."


def removed(session, part) -> int:
    """How many of the old mails are gone, or their contents."""
    gone = Message.id if part is Part.ALL else Message.content_digest
    left = select(func.count(gone)).where(Message.id.like("M%"))
    found = MAILS - session.scalar(left)
    session.rollback()
    return found


def halves(session) -> dict[str, int]:
    """How many rows there are that lack what they belong to."""
    tried = Attempt.delivery_id == Delivery.id
    said = (Transcript.delivery_id == Attempt.delivery_id) & (Transcript.number == Attempt.number)
    several = func.count() != RECIPIENTS
    short = select(Delivery.message_id).where(Delivery.message_id.like("M%"))
    queries = {
        "messages without deliveries": ~exists().where(Delivery.message_id == Message.id),
        "messages with some": Message.id.in_(short.group_by(Delivery.message_id).having(several)),
        "bodies neither there nor marked": or_(
            Message.content_digest.is_(None) & Message.body_removed_at.is_(None),
            Message.content_digest.is_not(None) & Message.body_removed_at.is_not(None),
        ),
        "deliveries without message": ~exists().where(Message.id == Delivery.message_id),
        "deliveries without attempt": ~exists().where(tried),
        "attempts without delivery": ~exists().where(tried).correlate(Attempt),
        "transcripts without attempt": ~exists().where(said).correlate(Transcript),
        "contents without message": ~exists().where(Message.content_digest == Content.digest),
    }
    tables = (Message, Message, Message, Delivery, Delivery, Attempt, Transcript, Content)
    found = {
        name: count(session, term, table)
        for (name, term), table in zip(queries.items(), tables, strict=True)
    }
    return {name: number for name, number in found.items() if number}


def count(session, term, table=None) -> int:
    statement = select(func.count()).where(term)
    found = session.scalar(statement.select_from(table) if table is not None else statement)
    session.rollback()
    return found


def add(session, model, rows, at):
    session.execute(insert(model), [{**row, "created_at": at} for row in rows])


def a_row(number, digest):
    return {
        "id": f"M{number:025}",
        "source": "api",
        "stream": Stream.CRM,
        "rfc_message_id": f"<{number}@house.test>",
        "header": b"Subject: Old\r\n",
        "content_digest": digest,
        "size": 100,
    }


def a_recipient(at):
    return {
        "stream": Stream.CRM,
        "flow": flow_id(Stream.CRM, None),
        "recipient": "kim@contoso.test",
        "state": DeliveryState.SENT,
        "expires_at": at,
        "ended_at": at,
    }


def a_try(delivery_id, at):
    return {
        "delivery_id": delivery_id,
        "number": 1,
        "provider_id": 1,
        "provider_name": "provider-1",
        "status": AttemptStatus.SUCCESS,
        "phase": Phase.DONE,
        "started_at": at,
        "finished_at": at,
    }

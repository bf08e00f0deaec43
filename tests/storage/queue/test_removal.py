"""What has been kept long enough goes, whole and in portions; all else is never touched."""

import threading
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError

from panel.domain.delivery import WAITING_STATES, DeliveryState, Stream
from panel.domain.permission import EVERYTHING
from panel.domain.ruling import Choice
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending.submit import submit
from panel.storage.database import is_overtaken
from panel.storage.models import Attempt, Content, Delivery, Message, Ruling
from panel.storage.queries.queue_changes import remove as remove_waiting
from panel.storage.queue.removal import Found, Part, Place, find, remove
from panel.storage.queue.rulings import Wish, carry_out
from tests.factories.crowds import a_crowd
from tests.factories.ended import an_ended_mail, days_ago, has_body
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.kit.plans import full_scans, is_sqlite, plan_of
from tests.storage.queue.holding import at_once

UNTIL = days_ago(30)
BLINK = timedelta(microseconds=1)
TABLES = (Message, Delivery, Attempt, Ruling, Content)


def look(session, part=Part.ALL, *, until=UNTIL, after=None, most=100, stream=Stream.CRM) -> Found:
    session.commit()
    found = find(session, stream, part, until=until, after=after or Place(), most=most)
    session.rollback()
    return found


def sweep(session, part=Part.ALL, *, until=UNTIL, stream=Stream.CRM) -> int:
    """Removes all that may go."""
    session.commit()
    removed = 0
    place: Place | None = Place()
    while place is not None:
        found = find(session, stream, part, until=until, after=place, most=3)
        removed += remove(session, part, found.ids, until=until, now=NOON)
        session.commit()
        place = found.place
    return removed


def rows(session) -> list[int]:
    """How many messages, deliveries, attempts, rulings and contents there are."""
    return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def test_a_mail_goes_with_all_that_hangs_on_it(session):
    kept = an_ended_mail(session, days_ago(1), body=b"Kept.\r\n")
    an_ended_mail(session, days_ago(31), days_ago(40), body=b"Gone.\r\n")

    assert sweep(session) == 1

    assert rows(session) == [1, 1, 1, 1, 1]
    assert has_body(session, kept)


@pytest.mark.parametrize("part", Part)
def test_age_is_told_by_the_end_of_the_last_delivery_to_the_microsecond(session, part):
    due = an_ended_mail(session, UNTIL - 100 * timedelta(days=1), UNTIL, body=b"1")
    young = an_ended_mail(session, UNTIL - 100 * timedelta(days=1), UNTIL + BLINK, body=b"2")

    assert sweep(session, part) == 1

    assert has_body(session, due) is (False if part is Part.BODY else None)
    assert has_body(session, young)


def test_content_goes_and_the_mail_stays_with_the_time_of_that(session):
    identifier = an_ended_mail(session)

    assert sweep(session, Part.BODY) == 1

    assert rows(session) == [1, 1, 1, 1, 0]
    assert session.get_one(Message, identifier).body_removed_at == NOON
    assert sweep(session, Part.BODY) == 0


@pytest.mark.parametrize("part", Part)
def test_shared_content_stays_until_the_last_mail_that_needs_it_goes(session, part):
    an_ended_mail(session, days_ago(40))
    other = an_ended_mail(session, days_ago(10))

    sweep(session, part)
    assert has_body(session, other)
    assert session.scalar(select(Content.body)) == b"Good day.\r\n"

    sweep(session, part, until=days_ago(10))
    assert session.scalar(select(Content.body)) is None


def test_content_that_mail_of_another_kind_needs_stays(session):
    an_ended_mail(session, stream=Stream.CRM)
    other = an_ended_mail(session, stream=Stream.SYSTEM)

    assert sweep(session, Part.BODY) == sweep(session, Part.ALL) == 1

    assert has_body(session, other)
    assert rows(session) == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("state", sorted(WAITING_STATES))
@pytest.mark.parametrize("part", Part)
def test_mail_of_which_one_recipient_has_not_ended_is_never_touched(session, state, part):
    """Whatever else its row says: unconfirmed and held have not ended."""
    identifier = an_ended_mail(session, days_ago(3000))
    message = session.get_one(Message, identifier)
    a_delivery(session, message, state=state, ended_at=None, recipient="b@contoso.test")
    odd = an_ended_mail(session, days_ago(3000), state=state)

    assert sweep(session, part) == 0
    assert has_body(session, identifier)
    assert has_body(session, odd)


def test_crossing_a_removal_of_the_queue_leaves_no_content_behind(session):
    waiting = a_delivery(session, a_message(session, body=b"Alone.\r\n"))
    shared = a_delivery(session)
    an_ended_mail(session, days_ago(1))

    remove_waiting(session, EVERYTHING, ids=[waiting.id, shared.id])

    assert session.scalars(select(Content.body)).all() == [b"Good day.\r\n"]


def test_it_goes_in_portions_and_looks_on_behind_what_stays(session, monkeypatch):
    an_ended_mail(session, days_ago(90), None)
    old = [an_ended_mail(session, days_ago(80 - number)) for number in range(4)]

    first = look(session, most=3)
    second = look(session, most=3, after=first.place)

    assert (first.ids, second.ids, second.place) == (tuple(old[:2]), tuple(old[2:]), None)
    monkeypatch.setattr("panel.storage.queue.removal.MOST_RECIPIENTS", 3)
    assert look(session).ids == tuple(old[:3])
    assert look(session, after=look(session).place).ids == tuple(old[3:])


def test_many_that_ended_at_one_moment_are_each_found_once(session):
    made = {an_ended_mail(session, days_ago(50)) for _ in range(7)}
    found: list[str] = []
    place: Place | None = Place()
    while place is not None:
        step = look(session, most=2, after=place)
        found.extend(step.ids)
        place = step.place

    assert len(found) == 7
    assert set(found) == made


def test_a_removal_that_is_undone_in_the_middle_leaves_everything(session):
    identifier = an_ended_mail(session)
    session.commit()

    remove(session, Part.ALL, [identifier], until=UNTIL, now=NOON)
    session.rollback()

    assert rows(session) == [1, 1, 1, 1, 1]


def test_what_was_found_is_looked_at_again_before_it_goes(session):
    identifier = an_ended_mail(session, state=DeliveryState.FAILED)
    session.commit()
    found = look(session)
    delivery = session.scalars(select(Delivery)).one()
    delivery.state, delivery.ended_at = DeliveryState.QUEUED, None
    session.commit()

    assert found.ids == (identifier,)
    assert remove(session, Part.ALL, found.ids, until=UNTIL, now=NOON) == 0


def test_a_person_who_sends_again_and_the_removal_never_both_win(session, engine):
    made = [an_ended_mail(session, state=DeliveryState.FAILED, body=b"%d" % n) for n in range(40)]
    session.execute(delete(Ruling))
    ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
    session.commit()

    def again(own):
        moved = 0
        for identifier in ids:
            wish = Wish(Choice.SEND_AGAIN, "ada@house.test", NOON)
            moved += len(carry_out(own, EVERYTHING, wish, ids=[identifier]))
            own.commit()
        return moved

    def take_away(own):
        removed = 0
        for identifier in reversed(made):
            removed += remove(own, Part.BODY, [identifier], until=UNTIL, now=NOON)
            own.commit()
        return removed

    moved, removed = at_once(engine, again, take_away)

    session.expire_all()
    queued = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.QUEUED)).all()
    assert all(has_body(session, delivery.message_id) for delivery in queued)
    assert len(queued) == moved
    assert moved + removed <= 40
    assert moved + removed > 0


def taken_in(own) -> bool:
    """Whether a mail was stored, not told to try again."""
    mail = Submission(Stream.CRM, (Mailbox("kim@contoso.test"),), "Hello", "api", text="Hello")
    try:
        submit(own, mail, now=NOON)
        own.commit()
    except Exception as error:
        if not is_overtaken(error):
            raise
        own.rollback()
        return False
    return True


def taken_away(own) -> None:
    """Everything ends long ago, and goes."""
    over = {"state": DeliveryState.SENT.value, "at": 0}
    own.execute(text("UPDATE deliveries SET state = :state, ended_at = :at"), over)
    own.commit()
    found = find(own, Stream.CRM, Part.ALL, until=UNTIL, after=Place(), most=100)
    own.rollback()
    remove(own, Part.ALL, found.ids, until=UNTIL, now=NOON)
    own.commit()


def test_mail_that_comes_in_with_a_content_that_just_goes_keeps_it(session, engine):
    """Whoever stores it is told to try again at most; no mail is ever without its content."""
    stopping = threading.Event()

    def take_in(own):
        try:
            return [taken_in(own) for _ in range(60)]
        finally:
            stopping.set()

    def take_away(own):
        while not stopping.is_set():
            taken_away(own)

    stored, _ = at_once(engine, take_in, take_away)

    assert any(stored)
    lost = select(Message.id).outerjoin(Content, Content.digest == Message.content_digest)
    assert session.scalars(lost.where(Content.digest.is_(None))).all() == []


def test_removal_of_millions_reads_none_that_stay(session):
    a_crowd(session, 500)
    ids = session.scalars(select(Message.id).limit(5)).all()
    digests = [b"0" * 32]

    kind, behind = Stream.CRM, Place()
    plan = plan_of(
        session, lambda: find(session, kind, Part.ALL, until=NOON, after=behind, most=100)
    )
    assert full_scans(plan) == []
    assert "ix_deliveries_ended" in plan
    removing = plan_of(session, lambda: remove(session, Part.ALL, ids, until=NOON, now=NOON))
    assert full_scans(removing) == []
    needed = select(Message.id).where(Message.content_digest == digests[0])
    assert "ix_messages_content" in plan_of(session, lambda: session.execute(needed).all())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_looks_up_by_its_index_whether_a_content_is_needed(session):
    """Removing one asks that of every message, by the foreign key."""
    if not is_sqlite(session):
        return
    a_crowd(session, 2000)
    an_ended_mail(session, body=b"Gone.\r\n")
    session.commit()
    steps = count()
    driver: Any = session.connection().connection.driver_connection
    driver.set_progress_handler(lambda: next(steps) < 0, 100)
    gone = delete(Content).where(Content.digest == session.scalar(select(Content.digest)))
    with pytest.raises(IntegrityError):
        session.execute(gone)
    driver.set_progress_handler(None, 0)

    assert next(steps) < 10

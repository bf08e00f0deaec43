"""No content outlives its last mail, and one that did in the past is found among all others."""

from hashlib import sha256

from sqlalchemy import insert, select

from panel.domain.permission import EVERYTHING
from panel.storage.models import Content, Message
from panel.storage.queries import queue_changes
from panel.storage.queue.removal import Part, remove
from panel.storage.queue.unused_contents import find_unused, remove_unused
from tests.factories.ended import an_ended_mail, days_ago
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.kit.plans import is_sqlite, plan_of
from tests.storage.queue.holding import at_once

PAIRS = 30


def unused(session, *bodies: bytes) -> list[bytes]:
    """Contents that an earlier deletion has left; their digests in order."""
    digests = [sha256(body).digest() for body in bodies]
    rows = zip(digests, bodies, strict=True)
    session.execute(
        insert(Content), [{"digest": one, "body": body, "created_at": NOON} for one, body in rows]
    )
    return sorted(digests)


def found(session, *, most: int) -> list[bytes]:
    """All that a look from the first content to the last one finds."""
    digests: list[bytes] = []
    after: bytes | None = b""
    while after is not None:
        part = find_unused(session, after=after, most=most)
        digests.extend(part.digests)
        after = part.after
    return digests


def test_contents_without_mail_are_found_among_all_in_portions(session):
    for number in range(10):
        a_message(session, body=b"Used %d." % number)
    left = unused(session, *(b"%d" % number for number in range(7)))

    for most in (1, 2, 5, 17, 100):
        assert sorted(found(session, most=most)) == left
    assert remove_unused(session, left) == 7
    assert found(session, most=5) == []
    assert session.query(Content).count() == 10


def test_a_content_that_has_a_mail_again_stays(session):
    (digest,) = unused(session, b"Again.")
    assert found(session, most=5) == [digest]
    a_message(session, body=b"Again.")

    assert remove_unused(session, [digest]) == 0


def test_a_look_reads_indexes_and_no_bodies(session):
    unused(session, b"1")
    plan = plan_of(session, lambda: find_unused(session, after=b"", most=10))

    assert "ix_messages_content" in plan
    wanted = "USING COVERING INDEX sqlite_autoindex_contents" if is_sqlite(session) else "pk_conten"
    assert wanted in plan
    assert "SCAN contents\n" not in f"{plan}\n"


def test_two_who_delete_the_last_two_mails_of_a_content_leave_none(session, engine):
    """Neither sees what the other has not committed yet."""
    waiting, ended = [], []
    for number in range(PAIRS):
        body = b"%d" % number
        waiting.append(a_delivery(session, a_message(session, body=body)).id)
        ended.append(an_ended_mail(session, days_ago(100), body=body))
    session.commit()

    def delete(own):
        for identifier in waiting:
            queue_changes.remove(own, EVERYTHING, ids=[identifier])
            own.commit()

    def purge(own):
        for identifier in ended:
            assert remove(own, Part.ALL, [identifier], until=days_ago(30), now=NOON) == 1
            own.commit()

    at_once(engine, delete, purge)

    assert session.scalars(select(Content.body)).all() == []


def test_two_who_delete_the_last_two_recipients_of_a_mail_leave_none(session, engine):
    pairs = []
    for number in range(PAIRS):
        message = a_message(session, body=b"%d" % number)
        pairs.append([a_delivery(session, message, recipient=f"{n}@b.test").id for n in range(2)])
    session.commit()

    def delete(place):
        def act(own):
            for pair in pairs:
                queue_changes.remove(own, EVERYTHING, ids=[pair[place]])
                own.commit()

        return act

    at_once(engine, delete(0), delete(1))

    assert session.query(Message).count() == session.query(Content).count() == 0

"""Tests of panel.sending.large_bodies."""

import asyncio
import tempfile
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from panel.domain.delivery import DeliveryState
from panel.drivers.smtp.content import has_bare_line_end
from panel.sending.large_bodies import PORTION, FiledBody, LargeBodies
from panel.storage.models import Content, Delivery, Message
from panel.storage.queue.claims import LARGE
from tests.factories.mail import a_delivery, a_message
from tests.factories.providers import a_provider
from tests.sending.surroundings import state, tried
from tests.storage.queue.holding import row, take

LINE = b"All that was ordered, with its number and its price.\r\n"
LONG = LINE * (3 * LARGE // len(LINE))


@pytest.fixture
def filed():
    """Makes a body that lies in a file."""

    def filed(octets: bytes) -> FiledBody:
        file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by the body)
        file.write(octets)
        file.flush()
        return FiledBody(file)

    return filed


@pytest.fixture
def claimed(session):
    """Claims mails with these bodies, none of which is loaded."""

    def claimed(*bodies: bytes):
        for body in bodies:
            a_delivery(session, a_message(session, body=body, size=len(body) + 100))
        session.commit()
        return take(session, most_octets=0)

    return claimed


@pytest.mark.parametrize("octets", [b"", LINE, LONG])
def test_a_filed_body_reads_like_bytes(filed, octets):
    body = filed(octets)

    assert (len(body), body[:]) == (len(octets), octets)
    assert (body[5:9], body[-2:], body[7:3]) == (octets[5:9], octets[-2:], b"")


def test_a_filed_body_knows_whether_it_is_ascii(filed):
    assert filed(LONG).isascii()
    assert not filed(LONG + b"\xff").isascii()


@pytest.mark.parametrize("place", [PORTION - 2, PORTION - 1, PORTION, PORTION + 1])
def test_line_ends_across_a_cut_are_counted_once(filed, place):
    whole = b"x" * place + b"\r\n" + b"x" * PORTION

    assert filed(whole).count(b"\r\n") == 1
    assert not has_bare_line_end(filed(whole))
    assert has_bare_line_end(filed(whole + b"\r"))


@pytest.mark.parametrize("body", [b"", LINE, LONG, bytes(range(256)) * 8192])
def test_a_body_is_fetched_as_it_was_kept(engine, claimed, body):
    (message,) = claimed(body)

    fetched = asyncio.run(LargeBodies(engine).fetch(message))

    assert fetched is not None
    assert fetched[:] == body


def test_mails_with_the_same_large_body_share_its_file(engine, claimed):
    first, second = claimed(LONG, LONG)

    async def fetch():
        bodies = LargeBodies(engine)
        return await asyncio.gather(bodies.fetch(first), bodies.fetch(second))

    one, other = asyncio.run(fetch())

    assert one is other


@pytest.mark.parametrize("body", [LINE, LONG])
def test_a_body_that_was_removed_after_the_claim_is_none(engine, session, claimed, body):
    (message,) = claimed(body)
    session.execute(update(Message).values(content_digest=None))
    session.execute(delete(Content))
    session.commit()

    assert asyncio.run(LargeBodies(engine).fetch(message)) is None


def test_a_mail_whose_body_finds_no_room_is_put_off(
    rounds, mail, session, make_smtp_server, clock, monkeypatch, tmp_path
):
    server = make_smtp_server()
    a_provider(session, port=server.port)
    large = mail(message={"body": LONG, "size": len(LONG)})
    small = mail()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

    rounds()

    assert (state(session, large), state(session, small)) == (
        DeliveryState.QUEUED,
        DeliveryState.SENT,
    )
    assert row(session, large).next_attempt_at >= clock + timedelta(seconds=50)
    assert tried(session, large) == []

    monkeypatch.undo()
    session.execute(update(Delivery).values(next_attempt_at=clock))
    rounds()

    assert server.mails[-1].content.endswith(LONG)

"""What was said is kept where it helps: with tries that did not succeed, and the one after them."""

from sqlalchemy import delete, select

from panel.domain.delivery import DeliveryState
from panel.domain.provider import ServiceType
from panel.storage.models import Attempt, Transcript
from tests.factories.providers import a_provider
from tests.sending.surroundings import state


def told(session) -> list[tuple[int, int, str]]:
    """Delivery, number of the attempt, and the last line of what was said."""
    rows = session.scalars(select(Transcript).order_by(Transcript.delivery_id, Transcript.number))
    return [(row.delivery_id, row.number, row.said.rpartition("\n")[2]) for row in rows]


def test_mail_that_is_taken_at_once_leaves_no_transcript(session, smtp_server, mail, rounds):
    a_provider(session, port=smtp_server.port)
    identifier = mail()

    rounds()

    assert state(session, identifier) is DeliveryState.SENT
    assert told(session) == []


def test_failover_keeps_what_both_providers_said(session, make_smtp_server, mail, rounds):
    first, second = make_smtp_server(), make_smtp_server()
    first.answers("mail", "451 4.3.0 out of order")
    a_provider(session, port=first.port, name="first")
    a_provider(session, port=second.port, name="second", service_type=ServiceType.FALLBACK)
    identifier = mail()

    rounds()

    assert state(session, identifier) is DeliveryState.SENT
    (refused, taken) = told(session)
    assert refused[:2] == (identifier, 1)
    assert "451 4.3.0 out of order" in session.get(Transcript, (identifier, 1)).said
    assert taken[:2] == (identifier, 2)
    assert taken[2].startswith("S: 250 ")


def test_each_recipient_keeps_its_own_and_only_the_refused_one_has_any(
    session, smtp_server, mail, rounds
):
    a_provider(session, port=smtp_server.port)
    first = mail("kim@contoso.test", "reply-550-5.1.1@contoso.test")

    rounds()

    ((delivery_id, _number, _last),) = told(session)
    assert delivery_id == first + 1


def test_transcript_goes_with_its_attempt(session, smtp_server, mail, rounds):
    a_provider(session, port=smtp_server.port)
    mail("reply-550-5.1.1@contoso.test")
    rounds()
    assert told(session)

    session.execute(delete(Attempt))
    session.commit()

    assert told(session) == []

"""A batch is committed once for all its mails, in the name of whoever hands it in."""

from dataclasses import replace

import pytest
from sqlalchemy import event, select

from panel.domain.delivery import Stream
from panel.domain.permission import COMMAND_LINE
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Accepted, FieldError, InvalidSubmission
from panel.services.refusals import NotAllowed
from panel.services.submissions import submit_batch
from panel.storage.database import session_for
from panel.storage.models import Message
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.services.test_submissions import MAIL, an_actor, count


def test_all_mails_are_committed_at_once(desk, engine, session):
    shop = an_actor(session, streams=["system"])
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)

    batch = submit_batch(desk, shop, submissions=[MAIL] * 50, now=NOON)

    assert len(commits) == 1
    with session_for(engine) as other:
        stored = set(other.scalars(select(Message.id)))
    accepted = [item for item in batch.outcomes if isinstance(item, Accepted)]
    assert stored == {item.message_id for item in accepted}
    assert len(stored) == 50


def test_what_was_found_invalid_before_keeps_its_place(desk, session):
    shop = an_actor(session, streams=["system"])
    invalid = InvalidSubmission((FieldError("body", "It is no mail."),))

    batch = submit_batch(desk, shop, submissions=[invalid, MAIL, invalid], now=NOON)

    first, accepted, last = batch.outcomes
    assert first is last is invalid
    assert isinstance(accepted, Accepted)
    assert count(session, Message) == 1


def test_mail_that_nobody_can_write_fails_alone(desk, session):
    shop = an_actor(session, streams=["system"])
    impossible = replace(MAIL, headers=(("X-Order", 7),))  # type: ignore[arg-type]

    first, refused, last = submit_batch(
        desk, shop, submissions=[MAIL, impossible, MAIL], now=NOON
    ).outcomes

    assert isinstance(first, Accepted)
    assert isinstance(last, Accepted)
    assert isinstance(refused, InvalidSubmission)
    assert [error.field for error in refused.errors] == ["body"]
    assert count(session, Message) == 2


def test_mails_against_the_bounds_are_refused_with_all_their_faults(desk, session):
    shop = an_actor(session, streams=["system"], from_domains=["house.test"])
    wrong = replace(
        MAIL, stream=Stream.CRM, sender=Mailbox("a@other.test"), to=(Mailbox("nobody"),)
    )

    refused, accepted = submit_batch(desk, shop, submissions=[wrong, MAIL], now=NOON).outcomes

    assert isinstance(refused, InvalidSubmission)
    assert [error.field for error in refused.errors] == ["stream", "from.email", "to.0.email"]
    assert isinstance(accepted, Accepted)


def test_mails_become_those_of_the_application_and_its_partner(desk, session):
    partner = a_partner(session)
    shop = an_actor(session, streams=["system"], partner_id=partner.id)

    submit_batch(desk, shop, submissions=[replace(MAIL, partner_id=None)] * 2, now=NOON)

    owners = session.execute(select(Message.partner_id, Message.application_id)).all()
    assert owners == [(partner.id, shop.application_id)] * 2


def test_revoked_application_cannot_hand_in_a_batch(desk, session):
    ghost = replace(an_actor(session, streams=["system"]), application_id=999_999)

    with pytest.raises(NotAllowed):
        submit_batch(desk, ghost, submissions=[MAIL], now=NOON)
    assert count(session, Message) == 0


def test_command_line_may_hand_in_a_batch(desk, session):
    batch = submit_batch(desk, COMMAND_LINE, submissions=[MAIL, MAIL], now=NOON)

    assert all(isinstance(outcome, Accepted) for outcome in batch.outcomes)
    assert count(session, Message) == 2


def test_others_than_applications_may_not_submit(desk, session):
    stranger = replace(an_actor(session), permissions=frozenset())

    with pytest.raises(NotAllowed):
        submit_batch(desk, stranger, submissions=[MAIL], now=NOON)

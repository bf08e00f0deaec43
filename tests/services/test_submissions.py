"""What an application hands in is its own, within its bounds, and accepted once per key."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import APPLICATION_PERMISSIONS, COMMAND_LINE, Actor, Scope
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import InvalidSubmission, Submission
from panel.services.refusals import Conflict, NotAllowed
from panel.services.submissions import Desk, Once, submit_message
from panel.storage.database import session_for
from panel.storage.models import Content, Delivery, IdempotencyKey, Message
from tests.factories.moments import NOON
from tests.factories.people import a_partner, an_application

LENA, OMAR = Mailbox("lena@contoso.test"), Mailbox("omar@contoso.test")
MAIL = Submission(
    stream=Stream.SYSTEM,
    to=(LENA,),
    bcc=(OMAR,),
    subject="Your order",
    source="api",
    text="Good day.",
)
FIRST, OTHER = Once("order-1", "a" * 64), Once("order-1", "b" * 64)


@pytest.fixture
def shop(session) -> Actor:
    """An application of the house for system mail only."""
    return an_actor(session, streams=["system"])


def an_actor(session, **overrides) -> Actor:
    """A new application, as it comes in after it has shown its token."""
    application = an_application(session, **overrides)
    session.commit()
    return Actor(
        name="application:shop",
        permissions=APPLICATION_PERMISSIONS,
        scope=Scope(is_everything=False, partner_id=application.partner_id),
        application_id=application.id,
    )


def count(session, model) -> int:
    """How many rows the table has."""
    number = session.scalar(select(func.count()).select_from(model))
    session.rollback()
    return number


def test_accepted_mail_is_there_for_others_to_see(desk, engine, session, shop):
    submitted = submit_message(desk, shop, submission=MAIL, now=NOON)

    with session_for(engine) as other:
        message = other.get_one(Message, submitted.accepted.message_id)
        assert message.application_id == shop.application_id
        recipients = other.scalars(select(Delivery.recipient).order_by(Delivery.id)).all()
    assert recipients == ["lena@contoso.test", "omar@contoso.test"]
    assert submitted.status is DeliveryState.QUEUED
    assert not submitted.is_repeated


def test_mail_of_a_partner_belongs_to_it_whatever_the_submission_says(desk, session, shop):
    partner = a_partner(session)
    actor = an_actor(session, partner_id=partner.id)
    forged = replace(MAIL, partner_id=None, application_id=shop.application_id)

    submitted = submit_message(desk, actor, submission=forged, now=NOON)

    message = session.get(Message, submitted.accepted.message_id)
    assert message.partner_id == partner.id
    assert message.application_id == actor.application_id


def test_other_streams_are_refused_together_with_all_other_faults(desk, session, shop):
    wrong = replace(MAIL, stream=Stream.CAMPAIGNS, to=(Mailbox("nobody"),))

    with pytest.raises(InvalidSubmission) as refused:
        submit_message(desk, shop, submission=wrong, now=NOON)

    assert [error.field for error in refused.value.errors] == ["stream", "to.0.email"]
    assert count(session, Message) == 0


@pytest.mark.parametrize(
    ("sender", "is_allowed"),
    [
        ("a@house.test", True),
        ("a@HOUSE.test", True),
        ("a@mail.house.test", False),
        ("a@evilhouse.test", False),
        ("a@wide.test", True),
        ("a@deep.wide.test", True),
        ("a@notwide.test", False),
        ("a@bücher.test", True),
    ],
)
def test_from_stays_within_the_domains_of_the_application(desk, session, sender, is_allowed):
    actor = an_actor(session, from_domains=["house.test", ".wide.test", "xn--bcher-kva.test"])
    mail = replace(MAIL, sender=Mailbox(sender))

    if is_allowed:
        assert submit_message(desk, actor, submission=mail, now=NOON).accepted.deliveries
        return
    with pytest.raises(InvalidSubmission) as refused:
        submit_message(desk, actor, submission=mail, now=NOON)
    assert [error.field for error in refused.value.errors] == ["from.email"]


def test_same_key_and_body_gets_the_first_answer_again(desk, session, shop):
    first = submit_message(desk, shop, submission=MAIL, once=FIRST, now=NOON)
    second = submit_message(desk, shop, submission=MAIL, once=FIRST, now=NOON)

    assert second.accepted == first.accepted
    assert (first.is_repeated, second.is_repeated) == (False, True)
    assert count(session, Message) == 1


def test_same_key_with_another_body_is_a_conflict(desk, session, shop):
    submit_message(desk, shop, submission=MAIL, once=FIRST, now=NOON)

    with pytest.raises(Conflict):
        submit_message(desk, shop, submission=MAIL, once=OTHER, now=NOON)
    assert count(session, Message) == 1


def test_keys_of_two_applications_do_not_meet(desk, session, shop):
    submit_message(desk, shop, submission=MAIL, once=FIRST, now=NOON)
    other = submit_message(desk, an_actor(session), submission=MAIL, once=OTHER, now=NOON)

    assert not other.is_repeated
    assert count(session, Message) == 2


def test_refused_mail_leaves_its_key_free(desk, session, shop):
    with pytest.raises(InvalidSubmission):
        submit_message(desk, shop, submission=replace(MAIL, text=None), once=OTHER, now=NOON)
    session.commit()

    assert count(session, IdempotencyKey) == 0
    assert not submit_message(desk, shop, submission=MAIL, once=FIRST, now=NOON).is_repeated


@pytest.fixture(params=["one process", "many processes"])
def desks(request, engine) -> list[Desk]:
    """A desk for each of eight hands: the same one, or each with connections of its own."""
    if request.param == "one process":
        return [Desk(engine)] * 8
    return [Desk(engine) for _ in range(8)]


def test_concurrent_repeats_are_accepted_once(desks, session, shop):
    answers = in_parallel(desks, shop, [FIRST] * 8)

    assert len({answer.accepted for answer in answers}) == 1
    assert sorted(answer.is_repeated for answer in answers) == [False] + [True] * 7
    assert count(session, Message) == 1
    assert count(session, Delivery) == 2


def test_concurrent_bodies_with_one_key_accept_exactly_one(desks, session, shop):
    answers = in_parallel(desks, shop, [FIRST, OTHER] * 4)

    conflicts = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(conflicts) == 4
    assert count(session, Message) == 1


def test_concurrent_mails_with_keys_of_their_own_are_all_accepted(desks, session, shop):
    keys = [Once(f"order-{number}", "a" * 64) for number in range(8)]
    answers = in_parallel(desks, shop, keys)

    assert len({answer.accepted.message_id for answer in answers}) == 8
    assert count(session, Content) == 1


def in_parallel(desks: list[Desk], actor: Actor, keys: list[Once]) -> list:
    """Submits the mail once for each key, all at the same time; answers or refusals."""
    barrier = Barrier(len(keys))

    def hand_in(desk: Desk, once: Once):
        barrier.wait()
        try:
            return submit_message(desk, actor, submission=MAIL, once=once, now=NOON)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(hand_in, desks, keys))


def test_revoked_application_cannot_submit_with_an_actor_it_got_before(desk, session, shop):
    ghost = replace(shop, application_id=999_999)

    with pytest.raises(NotAllowed):
        submit_message(desk, ghost, submission=MAIL, now=NOON)
    assert count(session, Message) == 0


def test_application_of_a_disabled_partner_cannot_submit_with_an_actor_it_got_before(desk, session):
    partner = a_partner(session)
    actor = an_actor(session, streams=["system"], partner_id=partner.id)
    partner.is_enabled = False
    session.commit()

    with pytest.raises(NotAllowed):
        submit_message(desk, actor, submission=MAIL, now=NOON)
    assert count(session, Message) == 0


def test_command_line_has_no_bounds(desk, session):
    mail = replace(MAIL, stream=Stream.CAMPAIGNS, source="cli")

    submitted = submit_message(desk, COMMAND_LINE, submission=mail, now=NOON)

    assert session.get(Message, submitted.accepted.message_id).application_id is None


def test_others_than_applications_may_not_submit(desk, session, shop):
    with pytest.raises(NotAllowed):
        submit_message(desk, replace(shop, permissions=frozenset()), submission=MAIL, now=NOON)

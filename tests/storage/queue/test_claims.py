"""Due mail is taken by shares of its flows, each delivery by exactly one worker."""

import hashlib

import pytest

from panel.domain.delivery import DeliveryState, Phase, Stream, flow_id
from panel.storage.queue import claims
from panel.storage.queue.claims import Share, claim, claimed
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.storage.queue.holding import MINUTE, TOKEN, WORKER, ids, row, take


def test_a_claimed_delivery_is_marked_as_its_workers(session):
    identifier = a_delivery(session).id
    session.commit()

    (message,) = take(session)

    assert [item.id for item in message.deliveries] == [identifier]
    found = row(session, identifier)
    assert (found.state, found.phase) == (DeliveryState.SENDING, Phase.CLAIMED)
    assert (found.worker_id, found.claim_token) == (WORKER, TOKEN)


def test_a_claim_brings_all_that_sending_needs(session):
    message = a_message(session, from_email="ann@house.test", body=b"Hello.\r\n", size=70)
    a_delivery(session, message, attempts=2, retries=1, sticky_provider_id=5)
    session.commit()

    (taken,) = take(session)

    assert (taken.id, taken.from_email, taken.size) == (message.id, "ann@house.test", 70)
    assert (taken.header, taken.body) == (message.header, b"Hello.\r\n")
    (delivery,) = taken.deliveries
    assert (delivery.attempts, delivery.sticky_provider_id) == (2, 5)
    assert (delivery.standing.retries, delivery.standing.stream) == (1, Stream.SYSTEM)


@pytest.mark.parametrize(
    ("overrides", "is_taken"),
    [
        ({"state": DeliveryState.QUEUED}, True),
        ({"state": DeliveryState.DEFERRED}, True),
        ({"state": DeliveryState.HELD}, True),
        ({"state": DeliveryState.HELD, "next_attempt_at": None}, False),
        ({"state": DeliveryState.SENDING}, False),
        ({"state": DeliveryState.UNCONFIRMED}, False),
        ({"state": DeliveryState.SENT}, False),
        ({"state": DeliveryState.CANCELLED}, False),
        ({"next_attempt_at": NOON + MINUTE}, False),
        ({"expires_at": NOON}, False),
        ({"expires_at": NOON + MINUTE}, True),
    ],
)
def test_only_what_is_due_and_not_too_late_is_taken(session, overrides, is_taken):
    a_delivery(session, **overrides)
    session.commit()

    assert bool(take(session)) == is_taken


def test_streams_come_in_their_order_and_the_longest_waiting_first(session):
    made = [
        a_delivery(session, a_message(session, stream=stream), next_attempt_at=NOON - MINUTE * age)
        for stream, age in [
            (Stream.CAMPAIGNS, 9),
            (Stream.SYSTEM, 1),
            (Stream.SYSTEM, 2),
            (Stream.CRM, 5),
            (Stream.CAMPAIGNS, 10),
        ]
    ]
    session.commit()
    shares = [share(Stream.CAMPAIGNS, 1), share(Stream.CUSTOMER_SERVICE, 9), share(Stream.SYSTEM)]

    taken = claim_by(session, *shares)

    assert ids(taken) == [made[place].id for place in (2, 1, 4)]


def test_a_share_takes_nothing_of_another_flow(session):
    partner = a_partner(session)
    mine = a_delivery(session, a_message(session, partner_id=partner.id)).id
    a_delivery(session)
    session.commit()

    (message,) = claim_by(session, share(Stream.SYSTEM, partner_id=partner.id))

    assert (ids((message,)), message.partner_id) == ([mine], partner.id)


def test_a_claim_without_shares_takes_nothing(session):
    a_delivery(session)
    session.commit()

    assert claim_by(session) == ()


def test_a_flow_cannot_have_two_shares(session):
    with pytest.raises(ValueError, match="one share"):
        claim_by(session, share(Stream.SYSTEM), share(Stream.SYSTEM))


def test_one_claim_may_have_very_many_shares(session):
    partners = [a_partner(session) for _ in range(120)]
    made = [a_delivery(session, a_message(session, partner_id=item.id)).id for item in partners]
    session.commit()

    taken = claim_by(session, *(share(Stream.SYSTEM, partner_id=item.id) for item in partners))

    assert ids(taken) == made


def test_a_claim_takes_no_more_than_it_was_asked_for(session):
    for _ in range(5):
        a_delivery(session)
    session.commit()

    assert len(ids(take(session, limit=3, token="a"))) == 3
    assert len(ids(take(session, limit=3, token="b"))) == 2
    assert take(session, limit=3, token="c") == ()


def test_recipients_of_one_message_come_together(session):
    message = a_message(session)
    first = a_delivery(session, message, recipient="a@contoso.test")
    other = a_delivery(session, next_attempt_at=NOON - MINUTE)
    last = a_delivery(session, message, recipient="b@contoso.test", next_attempt_at=NOON - MINUTE)
    session.commit()

    found = {message.id: ids((message,)) for message in take(session)}

    assert sorted(found[message.id]) == [first.id, last.id]
    assert found[other.message_id] == [other.id]


def test_recipients_beyond_a_share_come_along_with_their_message(session):
    first = a_delivery(session, next_attempt_at=NOON - MINUTE).id
    message = a_message(session)
    recipients = [a_delivery(session, message).id for _ in range(5)]
    other = a_delivery(session, next_attempt_at=NOON).id
    session.commit()

    assert ids(take(session, limit=3, token="a")) == [first, *recipients]
    assert ids(take(session, limit=3, token="b")) == [other]


def test_no_more_than_a_hundred_recipients_come_along(session):
    message = a_message(session)
    recipients = [a_delivery(session, message).id for _ in range(103)]
    session.commit()

    assert ids(take(session, limit=2, token="a")) == recipients[:102]
    assert ids(take(session, limit=2, token="b")) == recipients[102:]


def test_only_due_recipients_come_along(session):
    message = a_message(session)
    taken = [a_delivery(session, message).id for _ in range(2)]
    a_delivery(session, message, state=DeliveryState.SENT)
    a_delivery(session, message, next_attempt_at=NOON + MINUTE)
    a_delivery(session, message, expires_at=NOON)
    session.commit()

    assert ids(take(session, limit=1)) == taken


def test_recipients_that_must_go_different_ways_come_apart(session):
    message = a_message(session)
    for overrides in (
        {},
        {"sticky_provider_id": 1},
        {"sticky_provider_id": 2},
        {"sticky_provider_id": 2, "copies": 1},
        {"sticky_provider_id": 1},
    ):
        a_delivery(session, message, **overrides)
    session.commit()

    taken = take(session)

    assert [len(part.deliveries) for part in taken] == [1, 2, 1, 1]
    assert {part.id for part in taken} == {message.id}


def test_a_claim_loads_only_so_many_octets_of_bodies(session):
    for text in (b"one", b"two", b"three", b"four"):
        a_delivery(session, a_message(session, size=100, body=text))
    session.commit()

    taken = take(session, most_octets=250)

    assert [message.body for message in taken] == [b"one", b"two", None, None]
    assert [message.digest for message in taken[2:]] == [digest(b"three"), digest(b"four")]


def test_a_body_counts_once_however_many_mails_share_it(session):
    for _ in range(10):
        a_delivery(session, a_message(session, size=200, body=b"The same for all."))
    session.commit()

    taken = take(session, most_octets=250)

    assert {message.body for message in taken} == {b"The same for all."}


def test_a_large_body_never_comes_with_a_claim(session):
    for size in (claims.LARGE, claims.LARGE + 1):
        a_delivery(session, a_message(session, size=size, body=b"%d" % size))
    session.commit()

    small, large = take(session)

    assert (small.body, small.digest) == (b"%d" % claims.LARGE, None)
    assert (large.body, large.digest) == (None, digest(b"%d" % (claims.LARGE + 1)))


def test_a_body_that_was_removed_has_no_digest_either(session):
    a_delivery(session, a_message(session, content_digest=None))
    session.commit()

    (message,) = take(session)

    assert (message.body, message.digest) == (None, None)


def test_mails_with_the_same_body_share_one_copy_of_it(session):
    for _ in range(2):
        a_delivery(session, a_message(session, body=b"The same for all."))
    other = a_message(session, body=b"For one alone.")
    a_delivery(session, other)
    a_delivery(session, a_message(session, content_digest=None))
    session.commit()

    first, second, third, fourth = take(session)

    assert first.body is second.body
    assert (first.body, third.body, fourth.body) == (b"The same for all.", b"For one alone.", None)


def test_a_claim_that_is_made_again_gives_also_what_it_took_before(session):
    """As after a commit whose answer was lost."""
    first, second = a_delivery(session).id, a_delivery(session).id
    session.commit()
    take(session, limit=1)

    again = take(session, limit=1)

    assert sorted(ids(again)) == [first, second]


def share(stream, limit=100, *, partner_id=None):
    """A share of the flow of a stream."""
    return Share(flow_id(stream, partner_id), limit)


def digest(body):
    """The name of a body."""
    return hashlib.sha256(body).digest()


def claim_by(session, *shares):
    """A claim, not committed."""
    claim(session, worker_id=WORKER, token=TOKEN, shares=shares, now=NOON)
    return claimed(session, worker_id=WORKER, token=TOKEN)

"""A person's decision moves what it fits, once, and is written down."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from panel.domain.delivery import POLICIES, AttemptStatus, DeliveryState, Stream
from panel.domain.permission import EVERYTHING, Scope
from panel.domain.ruling import Choice, choices
from panel.storage.database import Session
from panel.storage.models import Delivery
from panel.storage.queries.rulings import find_standing, rulings_of
from panel.storage.queue import upkeep
from panel.storage.queue.ruling_terms import CANCELLED, HELD_BY_PERSON
from panel.storage.queue.rulings import Moved, Seen, Wish, carry_out
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.storage.queue.holding import MINUTE, at_once, ids, row, take

HOUR = timedelta(hours=1)
ADA = "ada@house.test"


def wish(choice: Choice, actor: str = ADA) -> Wish:
    return Wish(choice, actor, NOON, note="Asked by phone")


def decide(session, choice: Choice, *delivery_ids: int, **values) -> list[int]:
    """Carries it out and commits; the ids of what moved."""
    moved = carry_out(session, EVERYTHING, wish(choice), ids=delivery_ids, **values)
    session.commit()
    return [item.id for item in moved]


def variants(session) -> list[Delivery]:
    """Deliveries in every state: with and without a copy, an acceptance, a body, time, life."""
    made = []
    bare = a_message(session, content_digest=None)
    for state, copies, is_taken, is_bare, is_late, is_short in product(
        DeliveryState, (0, 1), *[(False, True)] * 4
    ):
        end = NOON if is_late else NOON + HOUR
        begin = end - (HOUR / 2 if is_short else 3 * HOUR)
        message = bare if is_bare else None
        times = {"created_at": begin, "expires_at": end, "next_attempt_at": NOON + MINUTE}
        made.append(a_delivery(session, message, state=state, copies=copies, **times))
        if is_taken:
            an_attempt(session, made[-1], status=AttemptStatus.SUCCESS)
    session.commit()
    return made


def test_the_database_lets_pass_exactly_what_the_domain_does(session):
    made = variants(session)
    possible: dict[Choice, set[int]] = {choice: set() for choice in Choice}
    for item in made:
        found = find_standing(session, EVERYTHING, message_id=item.message_id, delivery_id=item.id)
        assert found is not None
        for choice in choices(found.case, now=NOON):
            possible[choice].add(item.id)
    identifiers = [item.id for item in made]
    session.rollback()

    for choice in Choice:
        moved = carry_out(session, EVERYTHING, wish(choice), ids=identifiers)
        session.rollback()

        assert {item.id for item in moved} == possible[choice], choice
        assert 0 < len(moved) < len(made)


def test_decision_is_written_down_with_who_when_what_and_why(session):
    identifier = a_delivery(session, state=DeliveryState.UNCONFIRMED).id

    moved = carry_out(session, EVERYTHING, wish(Choice.GIVE_UP), ids=[identifier])

    assert moved == (Moved(identifier, DeliveryState.UNCONFIRMED),)
    (found,) = rulings_of(session, identifier)
    assert (found.actor, found.at, found.choice) == (ADA, NOON, Choice.GIVE_UP)
    assert (found.state_before, found.note) == (DeliveryState.UNCONFIRMED, "Asked by phone")
    assert not found.is_by_rule


def test_a_second_copy_goes_to_the_provider_that_may_have_it_and_to_no_other(session):
    provider = a_provider(session)
    lost: dict[str, Any] = {
        "state": DeliveryState.UNCONFIRMED,
        "rule": "answer_lost",
        "next_attempt_at": None,
    }
    identifier = a_delivery(session, provider_id=provider.id, retries=4, rescues=2, **lost).id

    assert decide(session, Choice.SEND_AGAIN, identifier) == [identifier]

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.QUEUED, NOON)
    assert (found.copies, found.sticky_provider_id) == (1, provider.id)
    assert (found.retries, found.rescues, found.rule) == (0, 0, "")
    (claimed,) = take(session)
    assert claimed.deliveries[0].copies == 1


@pytest.mark.parametrize("gone", [{"is_active": False}, {"deleted_at": NOON}])
def test_a_second_copy_is_free_to_go_elsewhere_when_that_provider_is_gone(session, gone):
    provider = a_provider(session, **gone)
    lost: dict[str, Any] = {"state": DeliveryState.UNCONFIRMED, "provider_id": provider.id}
    identifier = a_delivery(session, **lost).id

    decide(session, Choice.SEND_AGAIN, identifier)

    found = row(session, identifier)
    assert (found.copies, found.sticky_provider_id) == (1, None)
    assert upkeep.decide_unconfirmed(session, now=NOON) == 0


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.EXPIRED])
def test_what_has_ended_is_tried_again_and_is_no_copy_when_it_was_never_out(session, state):
    past: dict[str, Any] = {
        "expires_at": NOON - HOUR,
        "created_at": NOON - 9 * HOUR,
        "ended_at": NOON - HOUR,
    }
    identifier = a_delivery(session, state=state, next_attempt_at=None, provider_id=9, **past).id

    decide(session, Choice.SEND_AGAIN, identifier)

    found = row(session, identifier)
    assert (found.state, found.ended_at, found.copies) == (DeliveryState.QUEUED, None, 0)
    assert (found.sticky_provider_id, found.next_attempt_at) == (None, NOON)
    assert found.expires_at == NOON + POLICIES[Stream.SYSTEM].expires_after


def test_what_is_tried_again_in_time_keeps_its_end(session):
    identifier = a_delivery(session, state=DeliveryState.FAILED, expires_at=NOON + HOUR).id

    decide(session, Choice.SEND_AGAIN, identifier)

    assert row(session, identifier).expires_at == NOON + HOUR


def test_what_was_given_up_unconfirmed_and_is_tried_again_is_a_copy(session):
    provider = a_provider(session)
    lost: dict[str, Any] = {"state": DeliveryState.UNCONFIRMED, "provider_id": provider.id}
    identifier = a_delivery(session, **lost).id

    decide(session, Choice.GIVE_UP, identifier)
    assert row(session, identifier).state is DeliveryState.FAILED
    decide(session, Choice.SEND_AGAIN, identifier)

    found = row(session, identifier)
    assert (found.copies, found.sticky_provider_id) == (1, provider.id)


@pytest.mark.parametrize(
    ("choice", "state"),
    [(Choice.COUNT_AS_SENT, DeliveryState.SENT), (Choice.GIVE_UP, DeliveryState.FAILED)],
)
@pytest.mark.parametrize("is_copy", [False, True])
def test_doubt_is_ended_and_the_reason_stays(session, choice, state, is_copy):
    doubtful: dict[str, Any] = {"state": DeliveryState.QUEUED, "copies": 1} if is_copy else {}
    values: dict[str, Any] = {"state": DeliveryState.UNCONFIRMED, "rule": "answer_lost"} | doubtful
    identifier = a_delivery(session, **values).id

    decide(session, choice, identifier)

    found = row(session, identifier)
    assert (found.state, found.ended_at, found.next_attempt_at) == (state, NOON, None)
    assert found.rule == "answer_lost"
    assert take(session) == ()


def test_held_mail_is_released_with_a_clean_slate(session):
    held: dict[str, Any] = {
        "state": DeliveryState.HELD,
        "rule": "rescued_too_often",
        "said": "Taken back.",
    }
    identifier = a_delivery(session, next_attempt_at=None, rescues=3, retries=5, **held).id

    decide(session, Choice.SEND_NOW, identifier)

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.QUEUED, NOON)
    assert (found.rescues, found.retries, found.rule, found.said) == (0, 0, "", "")


def test_what_is_deferred_keeps_its_reason_when_it_is_due_at_once(session):
    identifier = a_delivery(session, state=DeliveryState.DEFERRED, rule="greylisted").id

    decide(session, Choice.SEND_NOW, identifier)

    assert row(session, identifier).rule == "greylisted"


def test_held_by_a_person_it_waits_until_a_person_releases_it(session):
    identifier = a_delivery(session).id

    decide(session, Choice.HOLD, identifier)

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.HELD, None)
    assert found.rule == HELD_BY_PERSON
    assert take(session, now=NOON + HOUR) == ()
    decide(session, Choice.SEND_NOW, identifier)
    assert ids(take(session)) == [identifier]


def test_cancelled_is_final(session):
    identifier = a_delivery(session, next_attempt_at=NOON).id

    decide(session, Choice.CANCEL, identifier)

    found = row(session, identifier)
    assert (found.state, found.ended_at, found.rule) == (DeliveryState.CANCELLED, NOON, CANCELLED)
    assert take(session) == ()
    assert [decide(session, choice, identifier) for choice in Choice] == [[]] * len(Choice)


def test_another_partners_mail_is_left_alone(session):
    ours, theirs = a_partner(session), a_partner(session)
    mine = a_delivery(session, a_message(session, partner_id=ours.id)).id
    other = a_delivery(session, a_message(session, partner_id=theirs.id)).id
    house = a_delivery(session).id
    scope = Scope(is_everything=False, partner_id=ours.id)

    moved = carry_out(session, scope, wish(Choice.CANCEL), ids=[mine, other, house])

    assert [item.id for item in moved] == [mine]


@pytest.mark.parametrize(
    "seen", [Seen(DeliveryState.UNCONFIRMED, 1), Seen(DeliveryState.QUEUED, 2)]
)
def test_what_stands_otherwise_than_it_was_seen_is_left(session, seen):
    identifier = a_delivery(session, state=DeliveryState.UNCONFIRMED, attempts=2).id

    assert decide(session, Choice.GIVE_UP, identifier, seen=seen) == []
    assert rulings_of(session, identifier) == ()


@pytest.mark.parametrize("other", [Choice.GIVE_UP, Choice.COUNT_AS_SENT, Choice.SEND_AGAIN])
def test_of_two_people_who_decide_at_once_one_wins(session, engine, other):
    seen = Seen(DeliveryState.UNCONFIRMED, 0)
    made = [a_delivery(session, state=DeliveryState.UNCONFIRMED).id for _ in range(8)]
    session.commit()

    def each(choice: Choice) -> Callable[[Session], list[int]]:
        return lambda one: [
            id_ for made_id in made for id_ in decide(one, choice, made_id, seen=seen)
        ]

    first, second = at_once(engine, each(Choice.SEND_AGAIN), each(other))

    assert sorted([*first, *second]) == made
    assert [len(rulings_of(session, identifier)) for identifier in made] == [1] * len(made)


def test_cancelled_or_claimed_but_never_both(session, engine):
    made = [a_delivery(session).id for _ in range(30)]
    session.commit()

    taken, *cancelled = at_once(
        engine,
        lambda worker: [ids(take(worker, limit=1)) for _ in made][-1],
        lambda person: [id_ for one in made for id_ in decide(person, Choice.CANCEL, one)],
        lambda person: decide(person, Choice.CANCEL, *made),
    )

    ended = [id_ for some in cancelled for id_ in some]
    assert len(ended) == len(set(ended))
    for identifier in made:
        is_cancelled = row(session, identifier).state is DeliveryState.CANCELLED
        assert is_cancelled == (identifier in ended)
    assert not set(taken) & set(ended)

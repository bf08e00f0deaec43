"""What workers learn of a provider is counted together and known to all of them."""

from datetime import timedelta

import pytest

from panel.domain.breaker import CLOSED, FIRST_COOL_DOWN, BreakerState
from panel.domain.outcome import Effect
from panel.storage.models import ProviderHealth, RefusedSender
from panel.storage.queue import health, leases
from tests.domain.outcomes import ACCEPTED, an_outcome
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.storage.queue.holding import MINUTE, a_worker_row, at_once

FAULT = an_outcome(effect=Effect.OPEN)
SMALL_FAULT = an_outcome(effect=Effect.OPEN_AFTER_THREE)


@pytest.fixture
def provider(session):
    """The id of a provider."""
    identifier = a_provider(session).id
    session.commit()
    return identifier


def learn(session, provider, outcome=FAULT, at=NOON):
    learnt = health.learn(session, provider, outcome, began_at=at, now=at)
    session.commit()
    return learnt


def test_a_provider_of_which_nothing_is_known_is_healthy(session, provider):
    assert health.breaker_of(session, provider) == CLOSED


def test_a_fault_is_known_to_everybody(session, provider):
    learnt = learn(session, provider)

    session.expire_all()
    assert health.breaker_of(session, provider) == learnt
    assert learnt.state is BreakerState.OPEN
    assert learnt.said == "It said no."


def test_faults_that_different_workers_meet_are_counted_together(session, engine, provider):
    """None of them has seen what the others saw."""

    def work(number):
        return lambda other: learn(other, provider, SMALL_FAULT, NOON + MINUTE * number)

    for number in range(2):
        at_once(engine, work(number))
    (last,) = at_once(engine, work(2))

    assert (last.failures, last.state) == (3, BreakerState.OPEN)


def test_a_first_fault_that_two_workers_meet_at_once_is_one(session, engine, provider):
    learnt = at_once(engine, *[lambda other: learn(other, provider)] * 4)

    # Those that came second began when the first one failed, so they count as new at most.
    assert all(breaker.state is BreakerState.OPEN for breaker in learnt)
    assert session.query(ProviderHealth).count() == 1


def test_a_success_closes_the_breaker_for_everybody(session, provider):
    learn(session, provider)

    assert learn(session, provider, ACCEPTED, NOON + MINUTE) == CLOSED
    session.expire_all()
    assert health.breaker_of(session, provider) == CLOSED


def test_a_late_success_does_not_close_what_another_worker_has_opened(session, provider):
    learn(session, provider, FAULT, NOON)

    assert learn(session, provider, ACCEPTED, NOON - MINUTE).state is BreakerState.OPEN


def test_one_probe_at_a_time_may_try_an_open_breaker_once_it_is_due(session, engine, provider):
    learn(session, provider)
    due = NOON + FIRST_COOL_DOWN

    def probe(other):
        taken = health.take_probe(other, provider, now=due, until=due + MINUTE)
        other.commit()
        return taken

    assert not health.take_probe(session, provider, now=NOON, until=due)
    session.rollback()
    assert sorted(at_once(engine, probe, probe, probe)) == [False, False, True]


def test_a_probe_that_never_came_back_makes_way_for_another(session, provider):
    learn(session, provider)
    due = NOON + FIRST_COOL_DOWN
    health.take_probe(session, provider, now=due, until=due + MINUTE)

    assert not health.take_probe(session, provider, now=due, until=due + MINUTE)
    assert health.take_probe(session, provider, now=due + MINUTE, until=due + MINUTE * 2)


def test_a_probe_that_told_nothing_makes_way_at_once(session, provider):
    learn(session, provider)
    due = NOON + FIRST_COOL_DOWN
    health.take_probe(session, provider, now=due, until=due + MINUTE)

    health.end_probe(session, provider)

    assert health.take_probe(session, provider, now=due, until=due + MINUTE)


def test_a_disabled_provider_is_never_probed(session, provider):
    learn(session, provider, an_outcome(effect=Effect.DISABLE))

    later = NOON + timedelta(days=9)
    assert not health.take_probe(session, provider, now=later, until=later + MINUTE)


def test_a_refused_sender_is_remembered_with_the_newest_words(session, engine, provider):
    def refuse(said):
        def act(other):
            health.refuse_sender(other, provider, "ann@x.test", said=said, until=NOON + MINUTE)
            other.commit()

        return act

    at_once(engine, refuse("550 No"), refuse("550 No"))
    at_once(engine, refuse("x" * 3000))

    (found,) = session.query(RefusedSender).all()
    assert (found.said, found.until) == ("x" * 2000, NOON + MINUTE)


def test_an_edited_provider_starts_afresh(session, provider):
    learn(session, provider)
    health.refuse_sender(session, provider, "ann@x.test", said="550 No", until=NOON + MINUTE)
    other = a_provider(session).id
    learn(session, other)

    health.forget_faults(session, provider, now=NOON)
    session.commit()

    assert session.query(RefusedSender).count() == 0
    assert health.breaker_of(session, provider) == CLOSED
    assert health.breaker_of(session, other).state is BreakerState.OPEN


def test_tries_from_before_an_edit_tell_nothing_of_the_provider_as_it_is_now(session, provider):
    """They may have used the former password."""
    health.forget_faults(session, provider, now=NOON + MINUTE)
    session.commit()
    refused = an_outcome(effect=Effect.DISABLE)

    assert learn(session, provider, refused, NOON) == CLOSED
    assert learn(session, provider, refused, NOON + MINUTE).state is BreakerState.DISABLED


def test_a_late_fault_does_not_open_what_has_come_back(session, provider):
    learn(session, provider)
    learn(session, provider, ACCEPTED, NOON + MINUTE * 2)

    late = health.learn(session, provider, FAULT, began_at=NOON + MINUTE, now=NOON + MINUTE * 3)

    assert late.state is BreakerState.CLOSED


def test_what_is_no_news_leaves_the_probe_alone(session, provider):
    learn(session, provider)
    due = NOON + FIRST_COOL_DOWN
    health.take_probe(session, provider, now=due, until=due + MINUTE)

    learn(session, provider, FAULT, NOON - MINUTE)

    assert not health.take_probe(session, provider, now=due, until=due + MINUTE)


def test_the_probe_of_a_worker_that_is_gone_makes_way_for_another(session, provider):
    a_worker_row(session, "first")
    learn(session, provider)
    due = NOON + FIRST_COOL_DOWN
    later = due + timedelta(hours=1)
    health.take_probe(session, provider, now=due, until=later, worker_id="first")
    session.commit()

    assert not health.take_probe(session, provider, now=due, until=later, worker_id="second")
    leases.leave(session, "first")
    assert health.take_probe(session, provider, now=due, until=later, worker_id="second")


def test_a_worker_ends_no_probe_but_its_own(session, provider):
    a_worker_row(session, "first")
    learn(session, provider)
    due = NOON + FIRST_COOL_DOWN
    health.take_probe(session, provider, now=due, until=due + MINUTE, worker_id="first")

    health.end_probe(session, provider, worker_id="second")

    assert not health.take_probe(session, provider, now=due, until=due + MINUTE)


def test_whoever_is_refused_the_probe_knows_that_it_is_under_way(session, provider):
    learn(session, provider)
    due = NOON + FIRST_COOL_DOWN
    health.take_probe(session, provider, now=due, until=due + MINUTE)

    assert not health.breaker_of(session, provider).is_usable(due)

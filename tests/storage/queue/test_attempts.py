"""Rows of the mailing log, written by the worker that holds the delivery and by nobody else."""

from dataclasses import replace

from panel.domain.delivery import AttemptStatus, Phase
from panel.domain.outcome import Stage
from panel.domain.reply import Reply
from panel.storage.queue.batch import Batch
from panel.storage.queue.marks import Ended, Reached
from tests.domain.outcomes import ACCEPTED, an_outcome
from tests.factories.moments import NOON
from tests.storage.queue.holding import MINUTE, TOKEN, a_held_delivery, log_of, reached, write_batch


def began(delivery_id: int, number: int = 1, token: str = TOKEN) -> Reached:
    return reached(delivery_id, Phase.CLAIMED, number=number, token=token)


def ended(delivery_id: int, number: int = 1, token: str = TOKEN) -> Ended:
    return Ended(delivery_id, token, number, ACCEPTED, NOON, NOON, NOON + MINUTE)


def test_an_attempt_that_begins_is_in_progress(session):
    identifier = a_held_delivery(session)

    write_batch(session, Batch(reached=[replace(began(identifier), is_copy=True)]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert (attempt.status, attempt.phase) == (AttemptStatus.IN_PROGRESS, Phase.CLAIMED)
    assert (attempt.number, attempt.provider_id, attempt.provider_name) == (1, 5, "first")
    assert (attempt.started_at, attempt.finished_at) == (NOON, None)
    assert attempt.is_copy


def test_an_attempt_that_gets_further_stays_one_row(session):
    identifier = a_held_delivery(session)

    for phase in (Phase.CLAIMED, Phase.HANDING_OVER, Phase.CONNECTED):
        write_batch(session, Batch(reached=[reached(identifier, phase)]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert attempt.phase is Phase.HANDING_OVER


def test_a_later_mark_brings_the_later_times(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[began(identifier)]))

    later = reached(identifier, started_at=NOON + MINUTE, handed_over_at=NOON + MINUTE * 2)
    write_batch(session, Batch(reached=[later]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert (attempt.started_at, attempt.handed_over_at) == (NOON + MINUTE, NOON + MINUTE * 2)


def test_an_attempt_that_was_only_announced_may_become_that_of_another_provider(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[reached(identifier, handed_over_at=NOON)]))

    other = replace(began(identifier), provider_id=8, provider_name="second")
    write_batch(session, Batch(reached=[other]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert (attempt.provider_id, attempt.provider_name) == (8, "second")
    assert (attempt.phase, attempt.handed_over_at) == (Phase.CLAIMED, None)


def test_an_attempt_that_was_taken_is_a_success_with_its_times(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[began(identifier)]))
    outcome = replace(ACCEPTED, reply=Reply(250, ("2.0.0 Ok",)), provider_reference="x" * 300)

    mark = replace(ended(identifier), outcome=outcome, started_at=NOON - MINUTE)
    write_batch(session, Batch(ended=[mark]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert (attempt.status, attempt.phase) == (AttemptStatus.SUCCESS, Phase.DONE)
    assert (attempt.handed_over_at, attempt.finished_at) == (NOON, NOON + MINUTE)
    assert attempt.started_at == NOON - MINUTE
    assert (attempt.reply_code, attempt.enhanced_code) == (250, "2.0.0")
    assert attempt.said == "250 2.0.0 Ok"
    assert attempt.provider_reference == "x" * 255


def test_a_refused_attempt_keeps_stage_rule_and_words(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[began(identifier)]))
    outcome = an_outcome(stage=Stage.CONNECT, rule="unreachable", detail="Connection refused")

    write_batch(
        session, Batch(ended=[replace(ended(identifier), outcome=outcome, handed_over_at=None)])
    )
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert attempt.status is AttemptStatus.FAIL
    assert (attempt.stage, attempt.rule) == ("connect", "unreachable")
    assert (attempt.reply_code, attempt.enhanced_code) == (None, "")
    assert attempt.said == "Connection refused"


def test_an_attempt_that_is_written_again_stays_as_it_is(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[began(identifier)]))
    write_batch(session, Batch(ended=[ended(identifier)]))

    write_batch(session, Batch(reached=[began(identifier)]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert attempt.status is AttemptStatus.SUCCESS


def test_each_attempt_of_many_deliveries_gets_its_own_row(session):
    first, second = a_held_delivery(session), a_held_delivery(session, token="token-2")

    write_batch(
        session, Batch(reached=[began(first), began(second, token="token-2"), began(first, 2)])
    )
    write_batch(session, Batch(ended=[ended(first), ended(second, token="token-2")]))
    session.commit()

    assert [item.status for item in log_of(session, first)] == [
        AttemptStatus.SUCCESS,
        AttemptStatus.IN_PROGRESS,
    ]
    assert [item.status for item in log_of(session, second)] == [AttemptStatus.SUCCESS]


def test_a_worker_that_lost_its_claim_begins_nothing(session):
    identifier = a_held_delivery(session)

    write_batch(session, Batch(reached=[began(identifier, token="of a claim before")]))
    session.commit()

    assert log_of(session, identifier) == []


def test_a_worker_that_lost_its_claim_does_not_end_the_attempt_of_another(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[began(identifier)]))

    write_batch(session, Batch(ended=[ended(identifier, token="of a claim before")]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert attempt.status is AttemptStatus.IN_PROGRESS

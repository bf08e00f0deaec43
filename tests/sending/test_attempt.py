"""One try: written down before, during and after; never handed over without a claim."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase, Stream
from panel.sending.desk import Desk, Lease, clock_s
from panel.storage.queue.rescue import Holder, Reason, requeue_claimed
from tests.factories.providers import a_provider
from tests.sending.surroundings import soon, state
from tests.storage.queue.holding import TOKEN, WORKER, log_of, row

HOUR = timedelta(hours=1)


def test_a_worker_whose_lease_is_over_neither_sends_nor_writes(session, smtp_server, mail, rounds):
    smtp_server.delay("data", 0.3)
    a_provider(session, port=smtp_server.port)
    identifier = mail()

    async def sleep(desk: Desk) -> None:
        await asyncio.to_thread(smtp_server.wait_for_command, "DATA")
        desk.lease.end()

    rounds(sleep)

    found = row(session, identifier)
    assert (found.state, found.phase) == (DeliveryState.SENDING, Phase.CONNECTED)
    assert smtp_server.mails == []


def test_a_lease_that_ran_out_is_not_taken_up_again():
    lease = Lease(valid_until_s=0.0)
    assert not lease.is_valid

    lease.extend(clock_s())

    assert not lease.is_valid


def test_recipients_that_others_have_taken_over_keep_the_mail_from_going_out_to_them(
    session, smtp_server, mail, rounds
):
    smtp_server.delay("data", 1.0)
    a_provider(session, port=smtp_server.port)
    first = mail("kim@contoso.test", "lou@contoso.test")

    async def rescue(_desk: Desk) -> None:
        await asyncio.to_thread(smtp_server.wait_for_command, "DATA")
        await soon(lambda: len(log_of(session, first + 1)) == 1)
        requeue_claimed(session, Holder(WORKER, TOKEN, (first,)), Reason("Taken over."))
        session.commit()

    rounds(rescue)

    assert smtp_server.mails == []
    assert [row(session, first + place).rescues for place in (0, 1)] == [1, 0]
    assert {state(session, first + place) for place in (0, 1)} == {DeliveryState.QUEUED}
    assert [item.rule for item in log_of(session, first)] == ["worker_ended"]
    assert [item.rule for item in log_of(session, first + 1)] == ["lease_lost"]


def test_an_attempt_is_in_progress_until_its_answer_has_come(session, smtp_server, mail, rounds):
    smtp_server.delay("final", 0.3)
    a_provider(session, port=smtp_server.port)
    identifier = mail()
    seen: list[Any] = []

    async def look(_desk: Desk) -> None:
        await asyncio.to_thread(smtp_server.wait_for, 1)
        seen.extend(log_of(session, identifier))
        seen.append(row(session, identifier).phase)

    rounds(look)

    attempt, phase = seen
    assert attempt.status is AttemptStatus.IN_PROGRESS
    assert phase is Phase.HANDING_OVER
    (attempt,) = log_of(session, identifier)
    assert attempt.handed_over_at is not None


def test_a_recipient_that_was_refused_was_not_handed_over(session, smtp_server, mail, rounds):
    a_provider(session, port=smtp_server.port)
    first = mail("reply-550-5.1.1@contoso.test", "kim@contoso.test")

    rounds()

    (refused,), (taken,) = log_of(session, first), log_of(session, first + 1)
    assert refused.handed_over_at is None
    assert taken.handed_over_at is not None


@pytest.mark.parametrize(("stream", "is_decided"), [(Stream.SYSTEM, True), (Stream.CRM, False)])
def test_a_lost_answer_is_left_in_doubt_with_the_streams_policy(
    session, make_smtp_server, mail, rounds, stream, is_decided
):
    first, second = make_smtp_server(), make_smtp_server()
    provider = a_provider(session, port=first.port)
    a_provider(session, port=second.port)
    identifier = mail("drop-after-dot@contoso.test", message={"stream": stream})

    rounds()

    found = row(session, identifier)
    assert (found.state, found.provider_id) == (DeliveryState.UNCONFIRMED, provider.id)
    assert (found.next_attempt_at is not None) == is_decided
    assert second.mails == []

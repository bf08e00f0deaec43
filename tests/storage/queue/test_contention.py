"""Workers that write, claim and rescue the same deliveries at once never wait in a circle."""

import random

import pytest

from panel.domain.decision import Decision
from panel.domain.delivery import DeliveryState, Phase
from panel.sending.upkeep import rescue
from panel.storage.queue.batch import Batch
from panel.storage.queue.marks import Ended, Returned, Settled
from panel.storage.queue.rescue import Holder
from tests.domain.outcomes import ACCEPTED
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.storage.queue.holding import (
    MINUTE,
    at_once,
    ids,
    log_of,
    reached,
    row,
    take,
    write_batch,
)

WORKERS = 4
DELIVERIES = 48
ROUNDS = 20
WAITS = Decision(DeliveryState.DEFERRED, "greylisted", "451 Later", next_attempt_at=NOON)


@pytest.fixture
def deliveries(session) -> list[int]:
    """Deliveries of a few messages, all due."""
    messages = [a_message(session) for _ in range(4)]
    made = [a_delivery(session, messages[place % 4]).id for place in range(DELIVERIES)]
    session.commit()
    return made


def a_batch(rng: random.Random, tokens: dict[int, str]) -> Batch:
    """Marks of all kinds, in any order, also for what the worker has lost."""
    chosen = rng.sample(sorted(tokens), k=min(len(tokens), 24))
    batch = Batch()
    for identifier in chosen:
        token, number = tokens[identifier], rng.randint(1, 3)
        phase = rng.choice([Phase.CLAIMED, Phase.HANDING_OVER])
        batch.reached.append(reached(identifier, phase, token=token, number=number))
        match rng.randrange(4):
            case 0:
                ended = Ended(identifier, token, number, ACCEPTED, NOON, NOON, NOON)
                batch.ended.append(ended)
            case 1:
                settled = Settled(identifier, token, WAITS, number, 5, NOON, None, [], NOON)
                batch.settled.append(settled)
            case 2:
                batch.returned.append(Returned(identifier, token, number, due_at=NOON))
    return batch


def test_no_two_transactions_wait_for_each_other(session, engine, deliveries):
    claimed: list[str] = []
    """Workers that have claimed all they will; some have been rescued and do not know it."""

    def work(number: int):
        def rounds(other) -> None:
            rng, tokens = random.Random(number), dict.fromkeys(deliveries, "lost")
            for turn in range(ROUNDS):
                name = f"{number}-{turn}"
                tokens |= dict.fromkeys(ids(take(other, worker_id=name, token=name, limit=9)), name)
                claimed.append(name)
                write_batch(other, a_batch(rng, tokens))
                other.commit()
                rescue(other, Holder(rng.choice(claimed)), now=NOON + MINUTE * turn)
                other.commit()

        return rounds

    at_once(engine, *(work(number) for number in range(WORKERS)))

    for identifier in deliveries:
        found = row(session, identifier)
        assert (found.claim_token is None) == (found.state is not DeliveryState.SENDING)
        assert (found.phase is None) == (found.state is not DeliveryState.SENDING)
    assert any(log_of(session, identifier) for identifier in deliveries)

"""A worker is stopped for longer than its lease lasts; it wakes up and finds that it is dead."""

import threading

from sqlalchemy import select

from panel.domain.delivery import DeliveryState, Phase, Stream
from panel.storage.models import Attempt, Delivery
from tests.kit.patience import until
from tests.kit.standstill import standing_still

LONGEST_S = 75.0
"""A lease, the time between two looks at it, and a busy machine."""


def test_a_worker_that_wakes_up_after_its_lease_neither_sends_nor_writes(scene):
    before_the_dot = scene.provider("before", account_types=["system"])
    after_the_dot = scene.provider("after", account_types=["customer_service"])
    before_the_dot.stall("data")
    after_the_dot.stall("final")
    sleeper = scene.worker()
    system = scene.intake.put(scene.engine, Stream.SYSTEM, 30)
    service = scene.intake.put(scene.engine, Stream.CUSTOMER_SERVICE, 30)
    before_the_dot.wait_for_command("DATA", timeout_s=60)
    after_the_dot.wait_for(3, timeout_s=60)
    until(lambda: has_settled(scene, after_the_dot), timeout_s=60)
    with standing_still(scene.engine, sleeper.pid):
        before_the_dot.heal()
        after_the_dot.heal()
        scene.worker()
        until(lambda: all_in(scene, system, DeliveryState.SENT), timeout_s=LONGEST_S)
        ended = (DeliveryState.SENT, DeliveryState.UNCONFIRMED)
        until(lambda: all_in(scene, service, *ended), timeout_s=60)
        in_doubt = scene.count(Delivery.state == DeliveryState.UNCONFIRMED)
        taken, told = scene.taken, story(scene)
    sleeper.wait_for("worker_stopped")

    assert sleeper.stop() == 75
    assert in_doubt >= 3
    assert scene.taken == taken
    assert story(scene) == told
    scene.reckon()


def has_settled(scene, server):
    """Whether all conversations stand still.

    A worker stopped between its last look at its lease and its final dot would send that mail when
    it wakes up; nobody can prevent that, and the mail is unconfirmed for that reason.
    """
    before = (len(server.commands), in_hand_over(scene))
    threading.Event().wait(0.5)
    return (len(server.commands), in_hand_over(scene)) == before


def in_hand_over(scene):
    """Deliveries whose final dot may go out at any moment, or has gone out."""
    phase = Delivery.phase == Phase.HANDING_OVER
    return scene.count(Delivery.state == DeliveryState.SENDING, phase)


def all_in(scene, ids, *states):
    """Whether all these deliveries are in one of the states."""
    return scene.count(Delivery.id.in_(ids), Delivery.state.in_(states)) == len(ids)


def story(scene):
    """All that the database tells of deliveries and attempts."""
    with scene.engine.connect() as connection:
        deliveries = connection.execute(select(Delivery.__table__).order_by(Delivery.id)).all()
        attempts = connection.execute(select(Attempt.__table__).order_by(Attempt.id)).all()
    return deliveries, attempts

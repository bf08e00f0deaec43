"""Workers die under load, at any moment; every mail is accounted for, and copies are flagged."""

import random

from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState, Stream
from panel.storage.models import Attempt, Delivery
from tests.acceptance.scene import CONNECTIONS

KILLS = 5
MAILS = 400
SEED = 4711
MOMENTS = {
    "banner": "CONNECT",
    "ehlo": "EHLO",
    "mail": "MAIL",
    "rcpt": "RCPT",
    "data": "DATA",
    "body": "DATA",
    "final": "DATA",
}
"""The step at which the server does not answer, and what it has been told by then."""


def test_every_mail_is_accounted_for_when_workers_are_killed_again_and_again(scene):
    chance = random.Random(SEED)
    features = {"latency_s": 0.02}
    scene.provider("first", features=features, account_types=["system", "crm"])
    scene.provider("second", features=features)
    workers = [scene.worker(), scene.worker()]
    in_doubt = []
    for _ in range(KILLS):
        enough = scene.taken + chance.randrange(20, 200)
        scene.intake.put_mixed(scene.engine, MAILS)
        scene.wait_for_taken(enough)
        in_doubt.append(scene.kill(workers.pop(chance.randrange(2))))
        workers.append(scene.worker())
    scene.wait_for_quiet()

    reckoning = scene.reckon()

    assert max(in_doubt) < 2 * CONNECTIONS * 2, in_doubt  # to each of two providers
    assert reckoning.accepted == KILLS * MAILS
    assert reckoning.states[DeliveryState.FAILED] == 0


def test_a_worker_killed_at_any_step_leaves_doubt_only_about_the_last(scene):
    server = scene.provider("house")
    for step, said in MOMENTS.items():
        server.stall(step)
        before = server.verbs.count(said)
        worker = scene.worker()
        scene.intake.put(scene.engine, Stream.CRM, 15)
        server.wait_for_command(said, count=before + 1, timeout_s=60)
        if step == "final":  # the first to be taken
            server.wait_for(1, timeout_s=60)
        worker.kill()
        server.heal()
    scene.worker()
    scene.wait_for_quiet()

    reckoning = scene.reckon()

    assert reckoning.states[DeliveryState.UNCONFIRMED] == doubts(scene) < 2 * CONNECTIONS
    held = scene.count(Delivery.rule == "rescued_too_often")  # three workers died of it
    assert reckoning.states[DeliveryState.SENT] == reckoning.accepted - doubts(scene) - held


def doubts(scene):
    """Attempts of which nobody knows whether the mail left."""
    with scene.engine.connect() as connection:
        lost = select(func.count()).where(Attempt.rule == "worker_lost")
        return connection.scalar(lost)

"""The clock of a machine jumps, by hours and by years, and is set right again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from panel.domain.delivery import DeliveryState, Stream
from panel.storage.models import Delivery, IdempotencyKey
from tests.acceptance.intake import STREAMS, Caller, a_token
from tests.acceptance.trial_clock import TrialClock
from tests.kit.patience import until

HOUR = timedelta(hours=1)
YEAR = timedelta(days=366)
JUMPS = (3 * HOUR, -3 * HOUR, 10 * YEAR, -10 * YEAR)
STEP = 100


@pytest.fixture
def clock(tmp_path):
    """A clock that is right at first."""
    return TrialClock(tmp_path / "clock")


def test_a_workers_clock_that_jumps_neither_loses_nor_expires_nor_copies_mail(scene, clock):
    house = scene.provider("house", features={"latency_s": 0.005})
    scene.worker(clock.environment)
    house.answers("rcpt", "451 4.7.1 Come back later", times=20)
    deferred = scene.intake.put(scene.engine, Stream.CRM, 20)
    until(lambda: scene.count(Delivery.state == DeliveryState.DEFERRED) == 20, timeout_s=60)
    give_an_hour(scene, deferred)
    for jump in JUMPS:
        for by in (jump, timedelta(0)):
            scene.intake.put_mixed(scene.engine, STEP)
            clock.set_everywhere(by)
            scene.wait_for_taken(scene.taken + STEP // 2)
    scene.wait_for_quiet()

    reckoning = scene.reckon()
    assert reckoning.states == {DeliveryState.SENT: 20 + 2 * STEP * len(JUMPS)}
    assert reckoning.taken == reckoning.accepted


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # which has no clock itself
def test_workers_that_start_by_a_clock_years_ahead_end_nothing(scene, clock):
    web = scene.installation.web()
    caller = Caller(scene.installation.port, a_token(scene.engine), scene.intake)
    assert caller.post_batch(STREAMS * 5)
    caller.close()
    clock.set(10 * YEAR)
    ahead = scene.worker(clock.environment)
    ahead.wait_for("time_not_lived")
    ahead.stop(), web.stop()
    assert scene.count(Delivery.state == DeliveryState.EXPIRED) == 0
    assert remembered_keys(scene) == 1

    scene.provider("house")
    scene.worker()
    scene.wait_for_quiet()

    reckoning = scene.reckon()
    assert reckoning.states == {DeliveryState.SENT: 20}


@pytest.mark.parametrize("has_worked", [False, True])
def test_mail_that_a_panel_took_in_alone_by_a_clock_years_behind_leaves(scene, clock, has_worked):
    scene.provider("house")
    if has_worked:
        scene.worker().stop()
    clock.set(-10 * YEAR)
    scene.installation.web(clock.environment)
    caller = Caller(scene.installation.port, a_token(scene.engine), scene.intake)
    assert caller.post_batch(STREAMS * 5)
    caller.close()
    scene.worker()

    scene.wait_for_taken(20)
    scene.wait_for_quiet()

    assert scene.reckon().states == {DeliveryState.SENT: 20}


def test_mail_that_came_in_by_a_wrong_clock_leaves_all_the_same(scene, clock):
    scene.provider("house")
    scene.installation.web(clock.environment)
    scene.worker(clock.environment)
    caller = Caller(scene.installation.port, a_token(scene.engine), scene.intake)
    for jump in JUMPS:
        for by in (jump, timedelta(0)):
            clock.set_everywhere(by)
            assert caller.post_batch(STREAMS * 5)
    caller.close()
    scene.wait_for_quiet()

    reckoning = scene.reckon()
    assert reckoning.states == {DeliveryState.SENT: reckoning.accepted}
    assert reckoning.taken == reckoning.accepted == 40 * len(JUMPS)


def remembered_keys(scene):
    """How many submissions are known by the key under which they may be repeated."""
    with scene.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(IdempotencyKey))


def give_an_hour(scene, ids):
    """These may leave within the next hour, by the right clock, and not later."""
    with scene.engine.begin() as connection:
        in_an_hour = datetime.now(UTC) + HOUR
        connection.execute(
            update(Delivery).where(Delivery.id.in_(ids)).values(expires_at=in_an_hour)
        )

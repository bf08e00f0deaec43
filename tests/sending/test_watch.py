"""Who counts as dead: the one whose beat stood still for a lease before the eyes of another."""

from panel.sending.watch import LONGEST_STEP_S, PATIENCE_S, Watch
from panel.storage.queue.leases import LEASE, RENEWAL_S, Sign
from tests.storage.queue.holding import ELSEWHERE

START_S = 1000.0


def a_sign(beat=7, *, is_dead=False, worker_id="other"):
    return Sign(worker_id, beat, is_dead, ELSEWHERE)


def looks(watch, *beats, from_s=START_S, step_s=RENEWAL_S):
    """One look for each beat, a step apart; the seconds after which one counted as dead."""
    for number, beat in enumerate(beats):
        if watch.look([a_sign(beat)], at_s=from_s + number * step_s):
            return number * step_s
    return None


def test_a_beat_that_stands_still_for_a_lease_is_a_dead_worker():
    dead_after_s = looks(Watch(), *[7] * 20)

    assert dead_after_s is not None
    assert PATIENCE_S <= dead_after_s < PATIENCE_S + RENEWAL_S


def test_a_beat_that_goes_on_is_a_living_worker_however_slowly():
    beats = [number // 5 for number in range(100)]

    assert looks(Watch(), *beats) is None


def test_others_wait_longer_than_a_worker_may_act():
    drift_of_bad_clocks = 0.001  # NTP never slews faster than 500 ppm on either side.

    assert LEASE.total_seconds() * (1 + drift_of_bad_clocks) <= PATIENCE_S


def test_the_first_look_tells_nothing_of_how_long_it_stood_still():
    watch = Watch()
    watch.look([], at_s=START_S)

    assert watch.look([a_sign()], at_s=START_S + 1000) == []


def test_time_in_which_nobody_could_look_counts_little():
    """The database was out of reach for an hour: everybody's beat stood still."""
    watch = Watch()
    watch.look([a_sign()], at_s=START_S)
    after_s = START_S + 3600

    assert watch.look([a_sign()], at_s=after_s) == []
    dead_after_s = looks(watch, *[7] * 20, from_s=after_s)
    assert dead_after_s is not None
    assert dead_after_s >= PATIENCE_S - LONGEST_STEP_S


def test_who_is_known_to_be_dead_is_not_found_again():
    watch = Watch()

    assert not any(
        watch.look([a_sign(is_dead=True)], at_s=START_S + number * RENEWAL_S)
        for number in range(20)
    )


def test_each_worker_is_watched_for_itself():
    watch, dead = Watch(), []
    for number in range(10):
        signs = [a_sign(number, worker_id="living"), a_sign(worker_id="dead")]
        dead = watch.look(signs, at_s=START_S + number * RENEWAL_S)

    assert [sign.worker_id for sign in dead] == ["dead"]


def test_a_rescue_begins_soon_enough_for_the_promise_of_a_minute():
    """The last beat, seen a round later; the patience; the round in which it ends."""
    worst_s = RENEWAL_S + PATIENCE_S + RENEWAL_S

    assert worst_s < 45

"""Counting tries, exactly, whoever else counts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from panel.services.refusals import TooMany
from panel.services.throttles import Limit, count, key_of, network_of
from panel.storage.database import session_for
from panel.storage.models import Throttle
from panel.storage.queries import throttles as queries
from tests.factories.moments import NOON

LIMIT = Limit("test", 3, timedelta(minutes=10))


def test_one_too_many_is_refused_with_the_time_left(session):
    for _try in range(3):
        count(session, LIMIT, "anna", now=NOON)

    with pytest.raises(TooMany) as refusal:
        count(session, LIMIT, "anna", now=NOON + timedelta(minutes=4))

    assert refusal.value.wait_s == 360
    assert str(refusal.value) == "Too many tries. Wait 6 minutes, then try again."


def test_window_begins_anew_when_it_is_over(session):
    for _try in range(3):
        count(session, LIMIT, "anna", now=NOON)

    count(session, LIMIT, "anna", now=NOON + LIMIT.window)

    session.expire_all()
    row = session.get(Throttle, key_of(LIMIT, "anna"))
    assert (row.count, row.started_at) == (1, NOON + LIMIT.window)


def test_others_are_counted_apart(session):
    for name in ("anna", "ben", "cleo", "dora", "emil"):
        count(session, LIMIT, name, now=NOON)


def test_key_does_not_show_whose_tries_it_counts():
    assert "anna" not in key_of(LIMIT, "anna")


def test_taken_back_try_does_not_count(session):
    for _try in range(20):
        count(session, LIMIT, "anna", now=NOON)
        queries.take_back(session, key_of(LIMIT, "anna"))


def test_no_try_is_lost_when_many_count_at_once(engine):
    def tries(_thread: int) -> None:
        for _try in range(5):
            with session_for(engine) as session:
                queries.count_try(session, "k", now=NOON, window_from=NOON - LIMIT.window)
                session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tries, range(8)))

    with session_for(engine) as session:
        assert session.get_one(Throttle, "k").count == 40


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_whole_ipv6_networks_count_as_one_place(address, network):
    assert network_of(address) == network

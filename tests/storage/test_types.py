"""Times and words are kept exactly alike by both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from panel.domain.delivery import DeliveryState, Stream
from panel.storage.models import Delivery
from panel.storage.types import from_microseconds, to_microseconds
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_survives_to_the_microsecond_whatever_its_zone(moment):
    back = from_microseconds(to_microseconds(moment))

    assert back == moment.astimezone(UTC)
    assert back.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_stored_times_sort_like_times(first, second):
    assert (first < second) == (to_microseconds(first) < to_microseconds(second))


def test_a_time_comes_back_from_the_database_aware_and_exact(session):
    istanbul = timezone(timedelta(hours=3))
    moment = NOON.replace(microsecond=123456).astimezone(istanbul)
    identifier = a_delivery(session, next_attempt_at=moment).id
    session.commit()
    session.expire_all()

    found = session.get_one(Delivery, identifier).next_attempt_at

    assert found == moment
    assert found.tzinfo is UTC


def test_a_naive_time_is_refused(session):
    with pytest.raises(StatementError, match="without a zone"):
        a_delivery(session, next_attempt_at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_words_are_stored_as_text_that_people_can_read(session):
    a_delivery(session, state=DeliveryState.HELD)

    row = session.execute(text("SELECT state, stream FROM deliveries")).one()

    assert tuple(row) == (DeliveryState.HELD.value, Stream.SYSTEM.value)

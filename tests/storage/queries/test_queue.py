"""The queue's list: what it shows, in which order, how it is narrowed, and by which index."""

import re
from datetime import timedelta

import pytest

from panel.domain.delivery import WAITING_STATES, DeliveryState, Stream
from panel.domain.permission import EVERYTHING, Scope
from panel.storage.queries import paging
from panel.storage.queries.paging import NEWEST, Cursor
from panel.storage.queries.queue import (
    QueueFilter,
    matching_ids,
    queue_counts,
    queue_page,
    waiting_count,
)
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.kit.plans import full_scans, is_sqlite, plan_of, queries_of, sorts

ALL = QueueFilter()


def ids(found) -> list[int]:
    return [row.id for row in found.rows]


def test_shows_everything_that_has_not_ended_newest_first(session):
    made = {state: a_delivery(session, state=state).id for state in DeliveryState}

    found = queue_page(session, EVERYTHING, wanted=ALL, cursor=NEWEST)

    assert ids(found) == sorted((made[state] for state in WAITING_STATES), reverse=True)
    assert (found.older, found.newer, found.is_window) == (None, None, False)


def test_row_carries_mail_partner_and_reason(session):
    partner = a_partner(session, slug="acme")
    provider = a_provider(session, partner_id=partner.id)
    message = a_message(session, partner_id=partner.id, subject="Invoice 7", stream=Stream.CRM)
    a_delivery(
        session,
        message,
        state=DeliveryState.DEFERRED,
        attempts=2,
        rule="greylisted",
        said="451 4.7.1 Later",
        provider_id=provider.id,
        last_attempt_at=NOON,
        next_attempt_at=NOON + timedelta(minutes=3),
    )

    (row,) = queue_page(session, EVERYTHING, wanted=ALL, cursor=NEWEST).rows

    assert (row.subject, row.recipient, row.stream) == ("Invoice 7", "lena@contoso.test", "crm")
    assert (row.partner_name, row.provider_partner_id) == ("Acme", partner.id)
    assert (row.attempts, row.rule, row.said) == (2, "greylisted", "451 4.7.1 Later")
    assert row.next_attempt_at == NOON + timedelta(minutes=3)


def test_partner_sees_only_its_own(session):
    ours, theirs = a_partner(session), a_partner(session)
    mine = a_delivery(session, a_message(session, partner_id=ours.id))
    a_delivery(session, a_message(session, partner_id=theirs.id))
    a_delivery(session)
    scope = Scope(is_everything=False, partner_id=ours.id)

    assert ids(queue_page(session, scope, wanted=ALL, cursor=NEWEST)) == [mine.id]
    assert queue_counts(session, scope).total == 1
    assert waiting_count(session, scope) == 1
    assert list(matching_ids(session, scope, wanted=ALL, batch=10)) == [[mine.id]]


def test_house_scope_leaves_partners_out(session):
    a_delivery(session, a_message(session, partner_id=a_partner(session).id))
    house = a_delivery(session)

    found = queue_page(session, Scope(is_everything=False), wanted=ALL, cursor=NEWEST)

    assert ids(found) == [house.id]


def test_pages_lead_through_the_whole_list_and_back(session):
    made = [a_delivery(session).id for _ in range(paging.PAGE_SIZE * 2 + 3)][::-1]

    first = queue_page(session, EVERYTHING, wanted=ALL, cursor=NEWEST)
    second = queue_page(session, EVERYTHING, wanted=ALL, cursor=Cursor(before=first.older))
    third = queue_page(session, EVERYTHING, wanted=ALL, cursor=Cursor(before=second.older))
    back = queue_page(session, EVERYTHING, wanted=ALL, cursor=Cursor(after=third.newer))
    top = queue_page(session, EVERYTHING, wanted=ALL, cursor=Cursor(after=back.newer))

    assert ids(first) + ids(second) + ids(third) == made
    assert third.older is None
    assert ids(back) == ids(second)
    assert (ids(top), top.newer) == (ids(first), None)


def test_page_stays_the_same_while_mail_comes_in(session):
    for _ in range(paging.PAGE_SIZE + 5):
        a_delivery(session)
    first = queue_page(session, EVERYTHING, wanted=ALL, cursor=NEWEST)
    cursor = Cursor(before=first.older)
    second = queue_page(session, EVERYTHING, wanted=ALL, cursor=cursor)

    for _ in range(20):
        a_delivery(session)

    assert queue_page(session, EVERYTHING, wanted=ALL, cursor=cursor) == second


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (QueueFilter(state=DeliveryState.HELD), "held"),
        (QueueFilter(stream=Stream.CAMPAIGNS), "campaign"),
        (QueueFilter(recipient="ada@"), "ada"),
        (QueueFilter(recipient="ADA@Contoso.test"), "ada"),
        (QueueFilter(recipient="100%_"), "odd"),
    ],
)
def test_filters_narrow_the_list(session, wanted, expected):
    campaign = a_message(session, stream=Stream.CAMPAIGNS)
    made = {
        "held": a_delivery(session, state=DeliveryState.HELD).id,
        "campaign": a_delivery(session, campaign).id,
        "ada": a_delivery(session, recipient="Ada@contoso.test").id,
        "odd": a_delivery(session, recipient="100%_sure@contoso.test").id,
    }

    assert ids(queue_page(session, EVERYTHING, wanted=wanted, cursor=NEWEST)) == [made[expected]]
    found = matching_ids(session, EVERYTHING, wanted=wanted, batch=10)
    assert list(found) == [[made[expected]]]


def test_search_looks_at_a_window_at_a_time(session, monkeypatch):
    monkeypatch.setattr(paging, "WINDOW", 10)
    rare = a_delivery(session, a_message(session, stream=Stream.CRM)).id
    others = [a_delivery(session).id for _ in range(14)]
    wanted = QueueFilter(stream=Stream.CRM)

    first = queue_page(session, EVERYTHING, wanted=wanted, cursor=NEWEST)
    second = queue_page(session, EVERYTHING, wanted=wanted, cursor=Cursor(before=first.older))
    back = queue_page(session, EVERYTHING, wanted=wanted, cursor=Cursor(after=second.newer))

    assert (first.rows, first.is_window, first.older) == ((), True, others[4])
    assert (ids(second), second.is_window, second.older) == ([rare], False, None)
    assert (back.rows, back.is_window) == ((), True)


def test_counts_by_state_stop_at_the_limit(session, monkeypatch):
    for state in (DeliveryState.QUEUED, DeliveryState.QUEUED, DeliveryState.HELD):
        a_delivery(session, state=state)
    a_delivery(session, state=DeliveryState.SENT)

    counted = queue_counts(session, EVERYTHING)
    monkeypatch.setattr("panel.storage.queries.queue.COUNT_LIMIT", 1)
    capped = queue_counts(session, EVERYTHING)

    assert counted.by_state == {DeliveryState.QUEUED: 2, DeliveryState.HELD: 1}
    assert not counted.is_capped
    assert capped.by_state == {DeliveryState.QUEUED: 1, DeliveryState.HELD: 1}
    assert capped.capped == {DeliveryState.QUEUED}
    assert waiting_count(session, EVERYTHING, limit=2) == 2


def test_matching_ids_come_in_batches(session):
    made = [a_delivery(session).id for _ in range(5)][::-1]

    batches = list(matching_ids(session, EVERYTHING, wanted=ALL, batch=2))

    assert batches == [made[:2], made[2:4], made[4:]]


@pytest.fixture
def crowd(session):
    """Three thousand mails of the house with a few of a partner among them; the partner."""
    partner = a_partner(session).id
    a_provider(session)
    a_crowd(session, 3000, partner_ids=(None,) * 40 + (partner,))
    return partner


def test_lists_read_an_index_in_order(session, crowd):
    own = Scope(is_everything=False, partner_id=crowd)

    for cursor in (NEWEST, Cursor(before=2500), Cursor(after=500)):
        plan = list_plan(session, EVERYTHING, ALL, cursor)
        assert "ix_deliveries_waiting" in plan
        assert sorts(plan) + full_scans(plan) == []
        plan = list_plan(session, own, ALL, cursor)
        assert "ix_deliveries_partner_waiting" in plan
        assert full_scans(plan) == []


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (QueueFilter(state=DeliveryState.HELD), "ix_deliveries_state"),
        (QueueFilter(recipient="customer12"), "ix_deliveries_recipient"),
        (QueueFilter(stream=Stream.CRM), "ix_deliveries_waiting"),
    ],
)
def test_searches_read_an_index(session, crowd, wanted, index):
    for cursor in (NEWEST, Cursor(before=2500), Cursor(after=500)):
        plan = list_plan(session, EVERYTHING, wanted, cursor)
        # PostgreSQL may take any of the small ones here: few rows are quickly put into order.
        assert index in (plan if is_sqlite(session) else f"{plan} ix_deliveries_state")
        assert full_scans(plan) == []


def test_state_is_read_as_a_range_of_its_index(session, crowd):
    held = QueueFilter(state=DeliveryState.HELD)

    with queries_of(session) as seen:
        for cursor in (NEWEST, Cursor(before=2500), Cursor(after=500)):
            queue_page(session, EVERYTHING, wanted=held, cursor=cursor)

    # By `=` PostgreSQL might walk through all that waits, in the hope of meeting some soon.
    assert len(seen) == 3
    assert is_sqlite(session) or not any(
        "deliveries.state = " in statement for statement, _ in seen
    )


def test_address_of_very_many_is_looked_for_in_a_window(session, monkeypatch):
    monkeypatch.setattr("panel.storage.queries.recipients.MOST", 2)
    monkeypatch.setattr(paging, "WINDOW", 4)
    lena = [a_delivery(session).id for _ in range(3)][::-1]
    ada = a_delivery(session, recipient="Ada@contoso.test").id
    others = [a_delivery(session, recipient="kim@contoso.test").id for _ in range(4)]

    by_index = queue_page(session, EVERYTHING, wanted=QueueFilter(recipient="ada@"), cursor=NEWEST)
    wanted = QueueFilter(recipient="lena@")
    first = queue_page(session, EVERYTHING, wanted=wanted, cursor=NEWEST)
    second = queue_page(session, EVERYTHING, wanted=wanted, cursor=Cursor(before=first.older))

    assert (ids(by_index), by_index.is_window) == ([ada], False)
    assert (ids(first), first.is_window, first.older) == ([], True, others[0])
    assert ids(second) == lena


def test_counts_read_the_index_of_the_waiting(session, crowd):
    plan = plan_of(
        session, lambda: (waiting_count(session, EVERYTHING), queue_counts(session, EVERYTHING))
    )

    assert len(re.findall(r"INDEX ix_|using ix_", plan)) == 1 + len(WAITING_STATES)
    assert full_scans(plan) == []


def list_plan(session, scope: Scope, wanted: QueueFilter, cursor: Cursor) -> str:
    return plan_of(session, lambda: queue_page(session, scope, wanted=wanted, cursor=cursor))

"""The mailing log: what it shows, how it is narrowed, and by which index."""

from datetime import timedelta

import pytest

from panel.domain.delivery import AttemptStatus
from panel.domain.permission import EVERYTHING, Scope
from panel.storage.models import Delivery
from panel.storage.queries import paging
from panel.storage.queries.mailing_log import LogFilter, log_page
from panel.storage.queries.paging import NEWEST, Cursor
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.kit.plans import full_scans, plan_of, sorts

ALL = LogFilter()


def ids(session, wanted: LogFilter = ALL, scope: Scope = EVERYTHING) -> list[int]:
    return [row.id for row in log_page(session, scope, wanted=wanted, cursor=NEWEST).rows]


def attempt_message(session, attempt) -> str:
    """The id of the message of an attempt."""
    return session.get_one(Delivery, attempt.delivery_id).message_id


def test_shows_every_attempt_newest_first_with_its_mail(session):
    provider = a_provider(session, name="ses")
    delivery = a_delivery(session, a_message(session, subject="Invoice 7"))
    first = an_attempt(session, delivery, provider_id=provider.id, provider_name="ses")
    second = an_attempt(session, delivery, status=AttemptStatus.IN_PROGRESS, finished_at=None)

    found = log_page(session, EVERYTHING, wanted=ALL, cursor=NEWEST)

    newest, oldest = found.rows
    assert (newest.id, newest.status, newest.duration_ms) == (second.id, "IN PROGRESS", None)
    assert (oldest.id, oldest.delivery_id, oldest.number) == (first.id, delivery.id, 1)
    assert (oldest.subject, oldest.recipient) == ("Invoice 7", "lena@contoso.test")
    assert (oldest.provider_name, oldest.rule) == ("ses", "greylisted")
    assert oldest.duration_ms == 120


def test_partner_sees_only_its_own(session):
    ours, theirs = a_partner(session), a_partner(session)
    mine = an_attempt(session, a_delivery(session, a_message(session, partner_id=ours.id)))
    other = an_attempt(session, a_delivery(session, a_message(session, partner_id=theirs.id)))
    scope = Scope(is_everything=False, partner_id=ours.id)

    assert ids(session, scope=scope) == [mine.id]
    assert ids(session, LogFilter(query=str(other.id)), scope) == []
    assert ids(session, LogFilter(query="lena@"), scope) == [mine.id]


def test_a_mail_is_found_by_part_of_its_subject(session):
    wanted = an_attempt(session, a_delivery(session, a_message(session, subject="Invoice 100 %")))
    an_attempt(session, a_delivery(session, a_message(session, subject="Invoice 100 EUR")))

    assert ids(session, LogFilter(query="VOICE 100 %")) == [wanted.id]


def test_a_mail_is_found_by_its_message_id_as_a_recipient_reads_it(session):
    attempt = an_attempt(session)
    message_id = attempt_message(session, attempt)
    an_attempt(session)

    assert ids(session, LogFilter(query=f"<{message_id.lower()}@house.test>")) == [attempt.id]
    assert ids(session, LogFilter(query=f"{message_id}@house.test")) == [attempt.id]


def test_a_mail_is_found_by_what_its_provider_calls_it_and_by_nobody_whose_it_is_not(session):
    partner = a_partner(session)
    house, own = a_provider(session), a_provider(session, partner_id=partner.id)
    delivery = a_delivery(session, a_message(session, partner_id=partner.id))
    by_house = an_attempt(session, delivery, provider_id=house.id, provider_reference="ref-1")
    by_own = an_attempt(session, delivery, provider_id=own.id, provider_reference="ref-2")
    scope = Scope(is_everything=False, partner_id=partner.id)

    assert ids(session, LogFilter(query="ref-1")) == [by_house.id]
    assert ids(session, LogFilter(query="ref-1"), scope) == []
    assert ids(session, LogFilter(query="ref-2"), scope) == [by_own.id]


def test_log_is_narrowed_by_status_provider_and_recipient(session):
    failed = an_attempt(session, provider_id=3)
    sent = an_attempt(session, status=AttemptStatus.SUCCESS)
    ada = an_attempt(session, a_delivery(session, recipient="Ada@contoso.test"))

    assert ids(session, LogFilter(status=AttemptStatus.SUCCESS)) == [sent.id]
    assert ids(session, LogFilter(provider_id=3)) == [failed.id]
    assert ids(session, LogFilter(query="ada@")) == [ada.id]


def test_log_finds_attempts_by_any_id(session):
    for _ in range(3):
        an_attempt(session)
    delivery = a_delivery(session, id=900)
    wanted = [an_attempt(session, delivery).id for _ in range(2)][::-1]

    assert ids(session, LogFilter(query=delivery.message_id)) == wanted
    assert ids(session, LogFilter(query=delivery.message_id.lower())) == wanted
    assert ids(session, LogFilter(query="900")) == wanted
    assert ids(session, LogFilter(query=str(wanted[0]))) == wanted


@pytest.mark.parametrize("query", ["9" * 40, "Z" * 26, "٣", "%", "no-one@"])
def test_log_finds_nothing_by_an_odd_query(session, query):
    an_attempt(session)

    assert ids(session, LogFilter(query=query)) == []


def test_log_is_narrowed_by_time(session):
    made = [an_attempt(session, started_at=NOON + timedelta(hours=hour)).id for hour in range(6)]
    since, until = NOON + timedelta(hours=2), NOON + timedelta(hours=4)

    assert ids(session, LogFilter(since=since)) == made[2:][::-1]
    assert ids(session, LogFilter(until=until)) == made[:4][::-1]
    assert ids(session, LogFilter(since=since, until=until)) == made[2:4][::-1]
    assert ids(session, LogFilter(since=NOON + timedelta(days=9))) == []


def test_search_goes_on_in_the_next_window(session, monkeypatch):
    monkeypatch.setattr(paging, "WINDOW", 5)
    rare = an_attempt(session, status=AttemptStatus.SUCCESS).id
    for _ in range(7):
        an_attempt(session)
    wanted = LogFilter(status=AttemptStatus.SUCCESS)

    first = log_page(session, EVERYTHING, wanted=wanted, cursor=NEWEST)
    second = log_page(session, EVERYTHING, wanted=wanted, cursor=Cursor(before=first.older))

    assert (first.rows, first.is_window) == ((), True)
    assert [row.id for row in second.rows] == [rare]


def test_log_reads_an_index_in_order(session):
    partner = a_partner(session).id
    provider = a_provider(session)
    a_crowd(session, 3000, partner_ids=(None,) * 40 + (partner,))
    own = Scope(is_everything=False, partner_id=partner)

    for cursor in (Cursor(before=2500), Cursor(after=500)):
        plan = log_plan(session, EVERYTHING, ALL, cursor)
        assert sorts(plan) + full_scans(plan) == []
        plan = log_plan(session, own, ALL, cursor)
        assert "ix_attempts_partner" in plan
        assert full_scans(plan) == []
        for wanted in (LogFilter(provider_id=provider.id), LogFilter(query="customer1")):
            assert full_scans(log_plan(session, EVERYTHING, wanted, cursor)) == []
    plan = log_plan(session, EVERYTHING, LogFilter(query="1200"), NEWEST)
    assert "ix_attempts_delivery" in plan
    assert full_scans(plan) == []


def log_plan(session, scope: Scope, wanted: LogFilter, cursor: Cursor) -> str:
    return plan_of(session, lambda: log_page(session, scope, wanted=wanted, cursor=cursor))

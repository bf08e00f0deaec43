"""The mailing log as a file for spreadsheets."""

import csv
import io

import pytest

from panel.domain.delivery import AttemptStatus
from panel.domain.permission import Role
from panel.services import mailing_log
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.people import a_partner
from tests.factories.providers import a_provider


def table(answer) -> list[dict[str, str]]:
    assert answer.data.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_each_attempt_is_a_row_with_its_reason(session, sign_in):
    failed = an_attempt(session, provider_name="mailgun-eu")
    running = an_attempt(session, status=AttemptStatus.IN_PROGRESS, finished_at=None, rule="")

    answer = sign_in().get("/mailing-log.csv")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=mailing-log.csv"
    newest, oldest = table(answer)
    shown = [newest[name] for name in ("id", "status", "reason", "duration_ms")]
    assert shown == [str(running.id), "IN PROGRESS", "", ""]
    assert oldest | {"message_id": "", "reason": ""} == {
        "id": str(failed.id),
        "queue_id": str(failed.delivery_id),
        "message_id": "",
        "email": "lena@contoso.test",
        "subject": "Your order",
        "provider": "mailgun-eu",
        "attempt_date": "2026-03-02T12:00:00.000+00:00",
        "status": "FAIL",
        "reason": "",
        "answer": "451 4.7.1 Greylisted, come back later",
        "duration_ms": "120",
        "second_copy": "0",
    }
    assert "makes unknown senders wait" in oldest["reason"]


def test_it_holds_all_that_the_filter_lets_through(session, sign_in, monkeypatch):
    monkeypatch.setattr(mailing_log, "AT_ONCE", 2)
    sent = [an_attempt(session, status=AttemptStatus.SUCCESS).id for _ in range(5)]
    an_attempt(session)

    rows = table(sign_in().get("/mailing-log.csv?status=SUCCESS"))

    assert [int(row["id"]) for row in rows] == sent[::-1]


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'])
def test_no_spreadsheet_takes_a_subject_for_a_formula(session, sign_in, subject):
    an_attempt(session, a_delivery(session, a_message(session, subject=subject)))

    (row,) = table(sign_in().get("/mailing-log.csv"))

    assert row["subject"] == f"'{subject}"


def test_a_subject_with_line_ends_and_quotes_stays_in_its_cell(session, sign_in):
    subject = 'Line one\r\nLine "two", İzmir'
    an_attempt(session, a_delivery(session, a_message(session, subject=subject)))

    (row,) = table(sign_in().get("/mailing-log.csv"))

    assert row["subject"] == subject


def test_a_partner_gets_its_own_rows_and_no_words_of_the_house(session, sign_in):
    partner = a_partner(session)
    house = a_provider(session, name="house-secret")
    delivery = a_delivery(session, a_message(session, partner_id=partner.id))
    mine = an_attempt(session, delivery, provider_id=house.id, provider_name=house.name, said="s3")
    an_attempt(session, provider_id=house.id, provider_name=house.name)

    rows = table(sign_in(Role.PARTNER_ADMIN, partner_id=partner.id).get("/mailing-log.csv"))

    assert [(row["id"], row["provider"], row["answer"]) for row in rows] == [(str(mine.id), "", "")]

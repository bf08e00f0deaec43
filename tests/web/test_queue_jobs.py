"""Jobs on the queue in the panel: begun from the queue, followed, listed, stopped."""

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Role
from panel.domain.queue_job import JobState, QueueAct
from panel.services import queue_jobs
from panel.storage.models import Delivery, QueueJob
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user
from tests.factories.queue_jobs import a_job
from tests.storage.queue.holding import a_worker_row
from tests.web.test_queue import HX


@pytest.fixture
def many(session, monkeypatch):
    """Three waiting mails, which are too many for a request."""
    monkeypatch.setattr(queue_jobs, "DIRECTLY", 2)
    made = [a_delivery(session) for _ in range(3)]
    session.commit()
    return made


def the_job(session) -> QueueJob:
    session.rollback()
    session.expire_all()
    return session.query(QueueJob).one()


def test_plain_form_leads_to_the_page_of_the_job(session, sign_in, many):
    client = sign_in()

    answer = client.post("/queue/cancellations", data={"all": "1", "state": "queued"})

    job = the_job(session)
    assert (answer.status_code, answer.location) == (303, f"/queue/jobs/{job.id}")
    assert (job.act, job.wanted) == (QueueAct.CANCEL, {"state": "queued"})
    page = client.get(answer.location).text
    assert "Cancel sending, in the background" in page
    assert "No worker is running." in page
    assert "counting…" in page
    assert {row.state for row in session.query(Delivery)} == {DeliveryState.QUEUED}


def test_htmx_stays_on_the_queue_and_sees_the_job_there(session, sign_in, many):
    answer = sign_in().post("/queue/holds", data={"all": "1"}, headers=HX)

    assert answer.status_code == 200
    assert "it goes on in the background" in answer.headers["HX-Trigger"]
    assert f'id="job-notice-{the_job(session).id}"' in answer.text


def test_note_goes_with_a_decision_and_with_nothing_else(session, sign_in, many):
    client = sign_in()

    client.post("/queue/holds", data={"all": "1", "note": "of another question"})
    assert the_job(session).note == ""
    session.query(QueueJob).delete()
    session.commit()
    client.post("/queue/decisions", data={"all": "1", "note": "So be it", "choice": "give_up"})

    assert (the_job(session).act, the_job(session).note) == (QueueAct.GIVE_UP, "So be it")


def test_too_many_jobs_are_refused_in_words(session, sign_in, many, monkeypatch):
    monkeypatch.setattr(queue_jobs, "MOST_GOING", 0)

    answer = sign_in().post("/queue/holds", data={"all": "1"}, headers=HX)

    assert answer.status_code == 409
    assert "Too many jobs are open." in answer.headers["HX-Trigger"]


def test_running_job_shows_how_far_it_is_and_asks_again(session, sign_in):
    a_worker_row(session, now=NOON)
    job = a_job(session, state=JobState.RUNNING, total=12_400, changed=3_100)

    page = sign_in().get(f"/queue/jobs/{job.id}").text

    assert "25 %" in page
    assert "3,100 of 12,400" in page
    assert "data-autorefresh" in page
    assert "Stop" in page


def test_result_stays_readable(session, sign_in):
    job = a_job(
        session,
        state=JobState.DONE,
        total=12_431,
        changed=12_400,
        left_sending=20,
        left_ended=11,
        ended_at=NOON,
    )
    client = sign_in()

    page = client.get(f"/queue/jobs/{job.id}").text

    assert "12,400 mails are cancelled." in page
    assert "31 were left as they are: 20 being sent, 11 had ended or moved on." in page
    assert "100 %" in page
    assert "data-autorefresh" not in page
    assert ">Stop<" not in page
    listed = client.get("/queue/jobs").text
    assert f"/queue/jobs/{job.id}" in listed
    assert "12,400" in listed


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (JobState.STOPPED, "ada@house.test stopped it."),
        (JobState.REFUSED, "may not do that any more"),
        (JobState.FAILED, "given up after the same fault"),
    ],
)
def test_every_other_end_is_told_with_what_was_done(session, sign_in, state, words):
    job = a_job(session, state=state, total=9, changed=4, ended_at=NOON, ended_by="ada@house.test")

    page = sign_in().get(f"/queue/jobs/{job.id}").text

    assert words in page
    assert "4 of 9" in page
    assert "data-autorefresh" not in page


def test_job_is_stopped_as_a_form_and_by_htmx(session, sign_in):
    first, second = a_job(session).id, a_job(session).id
    client = sign_in(Role.SUPPORT)

    plain = client.post(f"/queue/jobs/{first}/stops")
    by_htmx = client.post(f"/queue/jobs/{second}/stops", headers=HX)
    again = client.post(f"/queue/jobs/{first}/stops")

    assert (plain.status_code, plain.location) == (303, f"/queue/jobs/{first}")
    assert by_htmx.text.startswith('<div id="queue-job"')
    assert "stopped it." in by_htmx.text
    assert "stopped it." in client.get(again.location).text
    session.expire_all()
    assert {row.state for row in session.query(QueueJob)} == {JobState.STOPPED}


def test_partner_admin_finds_own_jobs_only(session, sign_in):
    mine, other = (a_user(session, Role.PARTNER_ADMIN) for _ in range(2))
    own, strange = a_job(session, mine).id, a_job(session, other).id
    client = sign_in(mine)

    assert client.get(f"/queue/jobs/{own}").status_code == 200
    assert client.get(f"/queue/jobs/{strange}").status_code == 404
    assert client.post(f"/queue/jobs/{strange}/stops").status_code == 404
    listed = client.get("/queue/jobs").text
    assert f"/queue/jobs/{own}" in listed
    assert f"/queue/jobs/{strange}" not in listed
    assert f"job-notice-{strange}" not in client.get("/queue").text


def test_no_job_has_its_own_words(sign_in):
    assert "No job yet" in sign_in().get("/queue/jobs").text


def test_hostile_words_of_a_job_are_text(session, sign_in):
    bad = '"><script>x</script>\u202e'
    job = a_job(session, wanted={"recipient": bad}, note=bad, error=bad, actor=bad)
    client = sign_in()

    for path in (f"/queue/jobs/{job.id}", "/queue/jobs", "/queue"):
        page = client.get(path).text
        assert "<script>x" not in page
        assert "\u202e" not in page


def test_question_before_all_tells_how_many_match(session, sign_in):
    for state in (DeliveryState.HELD, DeliveryState.HELD, DeliveryState.QUEUED):
        a_delivery(session, state=state)
    session.commit()
    client = sign_in()

    assert "2 mails." in client.get("/queue/matches?state=held", headers=HX).text
    assert "3 mails." in client.get("/queue/matches", headers=HX).text


def test_held_mail_is_released_and_other_mail_is_not(session, sign_in):
    held = a_delivery(session, state=DeliveryState.HELD, next_attempt_at=None).id
    deferred = a_delivery(session, state=DeliveryState.DEFERRED).id
    session.commit()
    client = sign_in()

    answer = client.post("/queue/releases", data={"ids": [held, deferred]})

    assert "1 mail is released." in client.get(answer.location).text
    session.expire_all()
    assert [session.get_one(Delivery, id_).state for id_ in (held, deferred)] == [
        "queued",
        "deferred",
    ]


def test_queue_says_how_many_mails_ask_for_a_decision(session, sign_in):
    lost = a_delivery(session, state=DeliveryState.UNCONFIRMED)
    session.commit()
    client = sign_in()

    page = client.get("/queue").text

    assert "1 mail asks for a decision." in page
    assert f"/messages/{lost.message_id}?delivery={lost.id}#decision" in page
    assert "asks for a decision" not in client.get("/queue?state=unconfirmed").text


def test_job_names_the_partner_whose_mail_it_means(session, sign_in):
    partner = a_partner(session, slug="northwind")
    job = a_job(session, wanted={"state": "held", "owner": str(partner.id)})
    a_job(session, wanted={"owner": "house"})
    client = sign_in()

    assert "Northwind · Held" in client.get(f"/queue/jobs/{job.id}").text
    listed = client.get("/queue/jobs").text
    assert "Northwind · Held" in listed
    assert "<bdi>House</bdi>" in listed

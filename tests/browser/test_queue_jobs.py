"""A job on the queue in a real browser, with a real worker: asked, begun, followed, its result."""

import pytest
from playwright.sync_api import expect

from panel.domain.delivery import DeliveryState
from panel.domain.queue_job import JobState
from panel.services import queue_jobs
from panel.storage.models import QueueJob
from panel.storage.queue import leases
from tests.factories.mail import a_delivery
from tests.factories.queue_jobs import a_job
from tests.kit.browser import assert_accessible, assert_fits, in_every_look
from tests.kit.workers import a_worker
from tests.storage.queue.holding import a_worker_row

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_many_are_cancelled_by_a_worker_and_followed_to_the_result(
    operator, site, session, engine, vault, monkeypatch
):
    monkeypatch.setattr(queue_jobs, "DIRECTLY", 2)
    monkeypatch.setattr(leases, "RENEWAL_S", 0.2)
    for _ in range(3):
        a_delivery(session, state=DeliveryState.HELD, next_attempt_at=None)
    session.commit()
    operator.goto(f"{site}/queue?state=held")
    operator.get_by_label("All that match").check()
    operator.get_by_role("button", name="Cancel sending…").click()
    question = operator.get_by_role("dialog", name="Cancel sending?")
    expect(question).to_contain_text("All that match: 3 mails.")
    assert_accessible(operator)
    question.get_by_role("button", name="Cancel sending").click()

    expect(operator.get_by_text("No worker is running; the job waits for one.")).to_be_visible()
    operator.get_by_role("link", name="Follow or stop it").click()
    expect(operator.get_by_text("The job waits for one and then goes on")).to_be_visible()
    with a_worker(engine, vault):
        expect(operator.get_by_text("3 mails are cancelled.")).to_be_visible()
    expect(operator.get_by_text("100 %")).to_be_visible()
    assert operator.locator("[data-autorefresh]").count() == 0


@in_every_look
def test_job_and_list_are_readable_in_every_look(operator, site, session):
    a_worker_row(session)
    a_delivery(session, state=DeliveryState.UNCONFIRMED)
    wanted = {"recipient": "a-very-long-name-that-goes-on-and-on@mail.contoso.test"}
    job = a_job(
        session,
        state=JobState.RUNNING,
        wanted=wanted,
        total=12_431,
        changed=6_200,
        left_sending=20,
        left_ended=11,
    )
    for path in (f"/queue/jobs/{job.id}", "/queue/jobs", "/queue"):
        operator.goto(site + path)
        expect(operator.get_by_role("progressbar").first).to_be_visible()
        assert_accessible(operator)
        assert_fits(operator)

    operator.goto(f"{site}/queue/jobs/{job.id}")
    operator.get_by_role("button", name="Stop").click()

    expect(operator.get_by_text("What was changed stays changed.")).to_be_visible()
    session.rollback()
    session.expire_all()
    assert session.get_one(QueueJob, job.id).state is JobState.STOPPED

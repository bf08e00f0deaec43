"""Jobs on the queue: the latest, one as it goes on, and stopping it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import queue_jobs
from panel.services.database import current_session
from panel.services.owners import partner_names
from panel.services.queue_jobs import Progress
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.hx import is_hx
from panel.web.queue_words import ACTS, STATES, TONES, filter_words, left_of_job, result_words

blueprint = Blueprint("queue_jobs", __name__, url_prefix="/queue/jobs")


@blueprint.get("")
@allows(Permission.SEE_QUEUE)
def index() -> str:
    """The latest jobs; for htmx the list alone."""
    found = queue_jobs.latest(current_session(), current_actor(), now=now())
    return render_template(
        "queue_jobs/_list.html" if is_hx() else "queue_jobs/index.html",
        jobs=found,
        is_live=any(job.is_open for job in found),
        shows_partner=not current_actor().is_partner,
        **_words(found),
    )


@blueprint.get("/<int:id>")
@allows(Permission.SEE_QUEUE)
def show(id: int) -> str:  # noqa: A002 - the name in the address
    """One job; for htmx the part that changes while it goes on."""
    return _page(queue_jobs.follow(current_session(), current_actor(), job_id=id, now=now()))


@blueprint.post("/<int:id>/stops")
@allows(Permission.CHANGE_QUEUE)
def stops(id: int) -> str | BaseResponse:  # noqa: A002 - the name in the address
    """Stops a job."""
    job = queue_jobs.stop(current_session(), current_actor(), job_id=id, now=now())
    if is_hx():
        return _page(job)
    if job.state is not queue_jobs.JobState.STOPPED:
        flash(_("It had ended already."), "info")
    return redirect(url_for("queue_jobs.show", id=id), code=303)


def _page(job: Progress) -> str:
    return render_template(
        "queue_jobs/_job.html" if is_hx() else "queue_jobs/show.html",
        job=job,
        can_stop=job.is_open and current_actor().may(Permission.CHANGE_QUEUE),
        **_words([job]),
    )


def _words(jobs: Sequence[Progress]) -> dict[str, object]:
    owners = [job.wanted.owner for job in jobs]
    return {
        "partner_names": partner_names(current_session(), current_actor(), owners=owners),
        "acts": ACTS,
        "states": STATES,
        "tones": TONES,
        "filter_words": filter_words,
        "result_words": result_words,
        "left_of_job": left_of_job,
    }

"""What is said about things done to many mails: their names, results, and what was left and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import LazyString, format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.services.owners import HOUSE
from panel.services.queue import QueueAct, QueueFilter
from panel.services.queue_jobs import JobState, Left
from panel.web.labels import DELIVERY_STATES, STREAMS
from panel.web.visible import visible

ACTS: dict[QueueAct, LazyString] = {
    QueueAct.RETRY: _l("Retry now"),
    QueueAct.RELEASE: _l("Release"),
    QueueAct.HOLD: _l("Hold"),
    QueueAct.CANCEL: _l("Cancel sending"),
    QueueAct.DELETE: _l("Delete"),
    QueueAct.SEND_AGAIN: _l("Send again"),
    QueueAct.COUNT_AS_SENT: _l("Count as sent"),
    QueueAct.GIVE_UP: _l("Give up"),
}
STATES: dict[JobState, LazyString] = {
    JobState.WAITING: _l("Waiting"),
    JobState.RUNNING: _l("Running"),
    JobState.DONE: _l("Done"),
    JobState.STOPPED: _l("Stopped"),
    JobState.REFUSED: _l("Not allowed any more"),
    JobState.FAILED: _l("Given up"),
}
TONES: dict[JobState, str] = {
    JobState.WAITING: "neutral",
    JobState.RUNNING: "accent",
    JobState.DONE: "success",
    JobState.STOPPED: "warning",
    JobState.REFUSED: "danger",
    JobState.FAILED: "danger",
}
_RESULTS: dict[QueueAct, Callable[..., str]] = {
    QueueAct.RETRY: lambda n, count: ngettext(
        "%(count)s mail is tried again now.", "%(count)s mails are tried again now.", n, count=count
    ),
    QueueAct.RELEASE: lambda n, count: ngettext(
        "%(count)s mail is released.", "%(count)s mails are released.", n, count=count
    ),
    QueueAct.HOLD: lambda n, count: ngettext(
        "%(count)s mail is held.", "%(count)s mails are held.", n, count=count
    ),
    QueueAct.CANCEL: lambda n, count: ngettext(
        "%(count)s mail is cancelled.", "%(count)s mails are cancelled.", n, count=count
    ),
    QueueAct.DELETE: lambda n, count: ngettext(
        "%(count)s mail is deleted.", "%(count)s mails are deleted.", n, count=count
    ),
    QueueAct.SEND_AGAIN: lambda n, count: ngettext(
        "%(count)s mail is sent again.", "%(count)s mails are sent again.", n, count=count
    ),
    QueueAct.COUNT_AS_SENT: lambda n, count: ngettext(
        "%(count)s mail counts as sent.", "%(count)s mails count as sent.", n, count=count
    ),
    QueueAct.GIVE_UP: lambda n, count: ngettext(
        "%(count)s mail is given up.", "%(count)s mails are given up.", n, count=count
    ),
}


def result_words(act: QueueAct, changed: int) -> str:
    """What was done to how many."""
    return str(_RESULTS[act](changed, format_decimal(changed)))


def left_words(left: int) -> str:
    """How many were left as they were, when it was done at once."""
    text = ngettext(
        "%(num)d was left as it is: it is being sent, waits for a decision, or is gone.",
        "%(num)d were left as they are: they are being sent, wait for a decision, or are gone.",
        left,
    )
    return str(text)


def left_of_job(left: Left) -> str:
    """How many a job left as they were, and why each; empty when there are none."""
    if not left.total:
        return ""
    parts = [text for n, text in _whys(left) if n]
    count = format_decimal(left.total)
    text = ngettext(
        "%(count)s was left as it is: %(why)s.",
        "%(count)s were left as they are: %(why)s.",
        left.total,
        count=count,
        why=", ".join(parts),
    )
    return str(text)


def _whys(left: Left) -> list[tuple[int, str]]:
    sent, undecided, unfit, ended = left.being_sent, left.undecided, left.unfit, left.ended
    return [
        (sent, _("%(count)s being sent", count=format_decimal(sent))),
        (undecided, _("%(count)s waiting for a decision", count=format_decimal(undecided))),
        (unfit, _("%(count)s that it does not fit", count=format_decimal(unfit))),
        (ended, _("%(count)s had ended or moved on", count=format_decimal(ended))),
    ]


def filter_words(wanted: QueueFilter, names: Mapping[str, str]) -> str:
    """Which mails a job means; `names` of partners by `wanted.owner`."""
    parts = []
    if wanted.owner:
        house = str(_("House"))
        parts.append(house if wanted.owner == HOUSE else visible(names.get(wanted.owner, "–")))
    if wanted.state:
        parts.append(str(DELIVERY_STATES[wanted.state]))
    if wanted.stream:
        parts.append(str(STREAMS[wanted.stream]))
    if wanted.recipient:
        parts.append(_("to %(address)s", address=visible(wanted.recipient)))
    return " · ".join(parts) or _("All in the queue")


def match_words(count: int, *, most: int) -> str:
    """How many mails match, for a question; counting stopped at `most`."""
    text = ngettext("%(count)s mail.", "%(count)s mails.", count, count=format_decimal(count))
    if count < most:
        return str(text)
    return str(_("%(count)s mails or more.", count=format_decimal(most)))

"""A failover drill as people follow it: its lines, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.domain.decision import NO_PROVIDER
from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.services.drills import Drill, DrillResult, Followed
from panel.services.messages import MailAttempt
from panel.services.routes import RouteWish
from panel.web.explanations import Explanation, explain
from panel.web.mail_route import skip_words

NOBODY_LEFT = Explanation(
    _l("Every other provider was passed over, so the mail would have waited."),
    _l("Activate a fallback for this kind of mail, or see on Routes why each is passed over."),
)


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened: `status` is ok, failed, skipped or running."""

    status: str
    title: str
    detail: str = ""
    said: str = ""
    after_ms: int | None = None
    """Since the mail was handed in."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the drill: `tone` is success, warning or danger."""

    tone: str
    title: str
    text: str
    advice: str = ""
    said: str = ""


def story(followed: Followed) -> list[Line]:
    """What has happened so far, first to last."""
    drill = followed.drill
    handed_in = _("To %(recipient)s.", recipient=drill.recipient)
    found = [Line("ok", _("Handed in"), handed_in)]
    if not followed.attempts and followed.course.state is DeliveryState.QUEUED:
        return [*found, Line("running", _("Waiting for a worker"))]
    found.append(Line("ok", _("Claimed by a worker")))
    found.append(
        Line(
            "skipped",
            _("Passed over %(name)s", name=drill.down_name),
            _("It counts as down for this mail only; its breaker stays as it is."),
        )
    )
    return [*found, *_others(followed)]


def verdict(followed: Followed) -> Verdict | None:
    """None while the drill goes on."""
    if followed.result is None:
        return None
    if followed.result is DrillResult.FAILED:
        return _failed(followed)
    return _passed(followed)


def again(followed: Followed) -> RouteWish:
    """The same drill, to be begun once more."""
    drill, partner = followed.drill, followed.partner
    return RouteWish(
        stream=drill.stream,
        partner=partner.slug if partner else "",
        from_email=drill.from_email,
        recipient=drill.recipient,
    )


def _others(followed: Followed) -> Iterator[Line]:
    """Who was passed over is known once the round is over; until then only who was asked."""
    asked = {one.provider_id for one in followed.attempts}
    drill = followed.drill
    for stop in followed.route:
        is_of_drill = stop.provider_id == drill.down_provider_id
        if stop.skip is not None and stop.provider_id not in asked and not is_of_drill:
            words = skip_words(stop.skip) or _("unknown reason")
            yield Line("skipped", _("Passed over %(name)s", name=stop.name), str(words))
        tries = [one for one in followed.attempts if one.provider_id == stop.provider_id]
        yield from (_try(drill, one) for one in tries)
        if any(one.status is AttemptStatus.SUCCESS for one in tries):
            return
    known = {stop.provider_id for stop in followed.route}
    yield from (_try(drill, one) for one in followed.attempts if one.provider_id not in known)


def _try(drill: Drill, one: MailAttempt) -> Line:
    name = one.provider_name
    if one.status is AttemptStatus.IN_PROGRESS:
        after = _after_ms(drill, one.started_at)
        return Line("running", _("Handed to %(name)s", name=name), after_ms=after)
    after = _after_ms(drill, one.finished_at or one.started_at)
    if one.status is AttemptStatus.SUCCESS:
        said = one.provider_reference or one.said
        return Line("ok", _("%(name)s took it", name=name), _("as"), said, after)
    words = explain(one.rule, one.said)
    return Line(
        "failed", _("%(name)s did not take it", name=name), str(words.cause), one.said, after
    )


def _after_ms(drill: Drill, at: datetime) -> int:
    return max(round((at - drill.started_at).total_seconds() * 1000), 0)


def _passed(followed: Followed) -> Verdict:
    drill, taken = followed.drill, followed.course.taken
    name = drill.taken_by_name or (taken.provider_name if taken else "")
    identifier = drill.taken_by_provider_id or (taken.provider_id if taken else None)
    at = drill.ended_at or (taken.at if taken else None)
    seconds = f"{_after_ms(drill, at or drill.started_at) / 1000:.2f}"
    text = _(
        "%(name)s took the mail %(seconds)s s after it was handed in.", name=name, seconds=seconds
    )
    if identifier == drill.stand_in_provider_id:
        return Verdict("success", _("The drill has passed."), text)
    return Verdict(
        "warning",
        _("The mail arrived, but %(name)s did not stand in.", name=drill.stand_in_name),
        text,
        _(
            "See below why, and mend it: it is the next one when %(name)s fails.",
            name=drill.down_name,
        ),
    )


def _failed(followed: Followed) -> Verdict:
    words = NOBODY_LEFT if followed.rule == NO_PROVIDER else explain(followed.rule)
    said = "" if followed.rule == NO_PROVIDER else followed.said
    return Verdict("danger", _("The drill has failed."), str(words.cause), str(words.advice), said)

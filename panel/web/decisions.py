"""What people read and send when they decide about a mail."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.domain.delivery import WAITING_STATES, DeliveryState
from panel.services.messages import Mail
from panel.services.rulings import Choice, Decided, MovedOn, NotPossible, Obstacle, Options, Seen
from panel.web.labels import DELIVERY_STATES
from panel.web.listing import known, number

LABELS: dict[Choice, LazyString] = {
    Choice.SEND_NOW: _l("Send now"),
    Choice.SEND_AGAIN: _l("Send again"),
    Choice.COUNT_AS_SENT: _l("Count as sent"),
    Choice.GIVE_UP: _l("Give up"),
    Choice.HOLD: _l("Hold"),
    Choice.CANCEL: _l("Cancel sending"),
}
HINTS: dict[Choice, LazyString] = {
    Choice.SEND_NOW: _l(
        "It does not wait any longer. The first provider that can take it gets it."
    ),
    Choice.SEND_AGAIN: _l("All providers that may carry it are tried again."),
    Choice.COUNT_AS_SENT: _l(
        "Nothing more is done. If it did not arrive, the recipient goes without it."
    ),
    Choice.GIVE_UP: _l(
        "It counts as failed and is not repeated. It may have arrived all the same."
    ),
    Choice.HOLD: _l("It waits until somebody sends or cancels it, or until its time is over."),
    Choice.CANCEL: _l("It is never sent. This is final."),
}
DONE: dict[Choice, LazyString] = {
    Choice.SEND_NOW: _l("To be sent now"),
    Choice.SEND_AGAIN: _l("Sent again"),
    Choice.COUNT_AS_SENT: _l("Counted as sent"),
    Choice.GIVE_UP: _l("Given up"),
    Choice.HOLD: _l("Held"),
    Choice.CANCEL: _l("Cancelled"),
}
OBSTACLES: dict[Obstacle, LazyString] = {
    Obstacle.WAITING: _l("It waits already."),
    Obstacle.BEING_SENT: _l("It is being sent at this moment: wait for the provider's answer."),
    Obstacle.MAY_HAVE_ARRIVED: _l("It cannot be cancelled any more: it may have arrived already."),
    Obstacle.TAKEN: _l(
        "A provider took it, so it is never sent again: the recipient would have it twice. "
        "If it is needed once more, send it as a new mail."
    ),
    Obstacle.ENDED: _l("It has ended; that cannot be changed any more."),
    Obstacle.TOO_LATE: _l(
        "It cannot be sent again: it was made to be worthless by now, like a code that has run out."
    ),
    Obstacle.NO_CONTENT: _l("It cannot be sent again: its content has been removed."),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A decision that somebody can make, and what it leads to."""

    choice: Choice
    label: LazyString
    hint: str


def offers(found: Options) -> list[Offer]:
    """The decisions about the opened recipient, in the order in which they are offered."""
    return [Offer(choice, LABELS[choice], _hint(choice, found)) for choice in found.possible]


def obstacle_words(mail: Mail, found: Options) -> LazyString | None:
    """Why something that somebody may look for is not offered; None where nothing is missing."""
    is_waiting = mail.opened.state in WAITING_STATES
    has_failed = mail.opened.state in (DeliveryState.FAILED, DeliveryState.EXPIRED)
    if found.obstacle is None or not (is_waiting or has_failed):
        return None
    return OBSTACLES[found.obstacle]


def told_by(decided: Decided) -> str:
    """Who decided."""
    if decided.is_by_rule:
        return str(_("by the sending rules for this kind of mail"))
    return str(_("by %(name)s", name=decided.actor or _("the house")))


def done_words(decided: Decided) -> str:
    """What was decided, as a line of the story begins."""
    if decided.choice is Choice.SEND_AGAIN and decided.state_before is DeliveryState.UNCONFIRMED:
        return str(_("To be sent again, as a second copy"))
    return str(DONE[decided.choice])


def refusal_words(refusal: MovedOn | NotPossible) -> str:
    """What to say to somebody who was too late, or wanted what cannot be."""
    if isinstance(refusal, NotPossible):
        return str(OBSTACLES[refusal.obstacle])
    if refusal.by is None:
        state = DELIVERY_STATES[refusal.state]
        text = _("The mail has moved on meanwhile: %(state)s. Nothing was changed.", state=state)
        return str(text)
    done, who = done_words(refusal.by), told_by(refusal.by)
    text = _(
        "Somebody was quicker: %(decision)s %(who)s. Nothing was changed.", decision=done, who=who
    )
    return str(text)


def as_text(seen: Seen) -> str:
    """What a form carries of how the mail stood when its page was made."""
    return f"{seen.state.value}-{seen.attempts}-{seen.ruling_id}"


def from_text(text: str) -> Seen | None:
    """What a form brings back of that; None when it is something else."""
    state, _dash, rest = text.partition("-")
    attempts, _dash, ruling_id = rest.partition("-")
    numbers = number(attempts), number(ruling_id)
    found = known(DeliveryState, state)
    if found is None or numbers[0] is None or numbers[1] is None:
        return None
    return Seen(found, numbers[0], numbers[1])


def _hint(choice: Choice, found: Options) -> str:
    if choice is not Choice.SEND_AGAIN or not found.is_copy:
        return str(HINTS[choice])
    warning = _("The recipient may get it twice.")
    return f"{_carrier(found)} {warning}"


def _carrier(found: Options) -> LazyString:
    if not found.was_tried:
        return _l(
            "A second copy with the same Message-ID goes to the first provider that can take it."
        )
    if not found.is_bound:
        return _l(
            "The provider that may have sent it is gone or switched off: another one carries a "
            "second copy with the same Message-ID."
        )
    if not found.copy_at:
        return _l(
            "A second copy with the same Message-ID goes to the provider that may have sent it."
        )
    return _l(
        "A second copy with the same Message-ID goes to %(name)s, which may have sent it already.",
        name=found.copy_at,
    )

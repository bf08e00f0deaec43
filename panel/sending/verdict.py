"""What is decided on a delivery when its round has come to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from panel.domain.chain import Link, Skip
from panel.domain.decision import Decision, decide, held_without_provider, refused_by_all, sent
from panel.domain.round import postponed, refusing
from panel.sending.desk import Desk
from panel.sending.offer import Carried
from panel.storage.queue.claims import ClaimedMessage


def decision(desk: Desk, message: ClaimedMessage, links: Sequence[Link], item: Carried) -> Decision:
    """By the last answer of the round; by its chain, `links`, where nobody could be asked."""
    last = item.progress.last
    if last is None:
        return _without_answer(desk, message, links, item)
    if last.is_sent:
        return sent(last)
    return decide(
        last,
        item.delivery.standing,
        desk.roster.policy(item.delivery.standing.stream),
        now=desk.now(),
        jitter=desk.jitter(),
        others_may_help=_others_may_help(desk, message, links, item),
    )


def _others_may_help(
    desk: Desk, message: ClaimedMessage, links: Sequence[Link], item: Carried
) -> bool:
    return item.progress.may_be_taken_later(_weighed(desk, message, links))


def _without_answer(
    desk: Desk, message: ClaimedMessage, links: Sequence[Link], item: Carried
) -> Decision:
    weighed = _weighed(desk, message, links)
    refused = refusing(weighed)
    if refused and not postponed(weighed):
        return _refused(desk, message, refused)
    now = desk.now()
    until = _free_at(desk, links, now)
    return held_without_provider(_explain(links), item.delivery.standing, now=now, until=until)


def _weighed(desk: Desk, message: ClaimedMessage, links: Sequence[Link]) -> list[Link]:
    """The chain as it counts for a refusal.

    A provider that refuses its own From is out of order: that says nothing of the mail.
    """
    now = desk.now()
    return [
        replace(link, skip=Skip.DISABLED)
        if link.skip is Skip.SENDER_REFUSED
        and not desk.roster.keeps_from(link.provider_id, message, now=now)
        else link
        for link in links
    ]


def _refused(desk: Desk, message: ClaimedMessage, refused: Sequence[Link]) -> Decision:
    """Every provider of the chain is known to refuse it: in whose words, and by which rule."""
    if all(link.skip is Skip.TOO_LARGE for link in refused):
        return refused_by_all("too_large_announced", "The mail is larger than any provider takes.")
    now = desk.now()
    words = (desk.roster.said_of_sender(link.provider_id, message, now=now) for link in refused)
    said = next((said for said in words if said), "Every provider refuses this sender.")
    return refused_by_all("sender_refused", said)


def _free_at(desk: Desk, links: Sequence[Link], now: datetime) -> datetime | None:
    """When the first of the providers that were passed over may be asked again."""
    times = []
    for link in postponed(links):
        # An allowance that was used up a moment ago may be free again by now.
        renewed_at = now if link.skip is Skip.BUDGET else None
        times.append(desk.roster.free_again_at(link.provider_id, now=now) or renewed_at)
        times.append(desk.roster.breaker(link.provider_id).retry_at)
    return min((at for at in times if at is not None and at >= now), default=None)


def _explain(links: Sequence[Link]) -> str:
    if not links:
        return "There is no provider."
    reasons = ", ".join(f"{link.name}: {link.skip}" for link in links if link.skip is not None)
    return f"No provider can take it now ({reasons})."

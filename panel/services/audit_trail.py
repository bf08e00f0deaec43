"""The audit as operators look at it: every change, narrowed, with the names of what was changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.provider_audit import subject_of
from panel.services.provider_lists import present
from panel.storage.database import Session
from panel.storage.queries import audit as queries
from panel.storage.queries.audit import AuditFilter, Event, Named
from panel.storage.queries.paging import Cursor, Page

__all__ = [
    "AuditFilter",
    "Event",
    "Named",
    "Trail",
    "actions",
    "changes_of_provider",
    "latest_changes",
    "trail",
]

LATEST = 10
"""How many changes the page of a provider shows."""
LATELY = 6
"""How many the overview shows."""
LOOKED_THROUGH = 300
NO_CHANGES = frozenset(
    {
        "message.read",
        "provider.test_mail",
        "provider.tested",
        "session.begun",
        "session.ended",
        "session.others_ended",
        "sign_in.refused",
        "user.language_changed",
    }
)


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of the audit; `names` has what its subjects are called."""

    page: Page[Event]
    names: Mapping[str, Named]


def trail(session: Session, actor: Actor, *, wanted: AuditFilter, cursor: Cursor) -> Trail:
    """One page of everything that was changed, newest first."""
    authorise(actor, Permission.SEE_AUDIT)
    found = queries.audit_page(session, wanted=wanted, cursor=cursor)
    return Trail(found, queries.subject_names(session, _mentioned(found.rows)))


def changes_of_provider(session: Session, actor: Actor, *, provider_id: int) -> Trail:
    """The latest changes of one provider; NotFound when it is not the actor's to see."""
    authorise(actor, Permission.SEE_AUDIT)
    subject = subject_of(present(session, actor, provider_id))
    rows = tuple(queries.events_of(session, subject, limit=LATEST))
    return Trail(Page(rows), queries.subject_names(session, _mentioned(rows)))


def latest_changes(session: Session, actor: Actor) -> Trail:
    """What was changed lately; who came and went, looked or tested is no change."""
    authorise(actor, Permission.SEE_AUDIT)
    rows = tuple(
        queries.latest_events(session, besides=NO_CHANGES, limit=LATELY, among=LOOKED_THROUGH)
    )
    return Trail(Page(rows), queries.subject_names(session, _mentioned(rows)))


def actions(session: Session, actor: Actor) -> list[str]:
    """Every kind of change that has happened so far."""
    authorise(actor, Permission.SEE_AUDIT)
    return queries.actions(session)


def _mentioned(events: Iterable[Event]) -> Iterator[str]:
    """The subjects that events are about, and those that they name beside."""
    for event in events:
        yield event.subject
        for values in (event.before, event.after):
            yield str(values.get("copy_of", ""))
            for entry in values.get("order", ()):
                yield f"provider:{entry}"

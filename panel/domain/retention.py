"""How long mail is kept: its content and all else of it apart, by the end of its last delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.domain.delivery import Stream

LONGEST_DAYS = 3650
SETTLED = timedelta(minutes=5)
"""An end has to be so old before it counts: workers write it down a little after its time."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Whole days since the last delivery of a mail has ended; None: for ever."""

    bodies_days: int | None = None
    """Of the content; 0: it goes as soon as the mail has ended."""
    mails_days: int | None = None
    """Of the mail with its deliveries, attempts and decisions; the content goes with it."""

    @property
    def keeps_all(self) -> bool:
        """Whether nothing is ever removed."""
        return self.bodies_days is None and self.mails_days is None


KEEP_ALL = Retention()
Retentions = Mapping[Stream, Retention]
FIRST: dict[Stream, Retention] = {
    Stream.SYSTEM: Retention(bodies_days=0, mails_days=90),
    Stream.CUSTOMER_SERVICE: Retention(bodies_days=90, mails_days=400),
    Stream.CRM: Retention(bodies_days=90, mails_days=400),
    Stream.CAMPAIGNS: Retention(bodies_days=30, mails_days=400),
}
"""What a new installation begins with: codes and links of system mail are worth stealing and soon
worthless; a year and a month of the log answers "what did we send last year?".
"""


def ended_by(days: int | None, *, until: datetime) -> datetime | None:
    """Mail whose last end is no later may go; None: none may. `until` is the time that counts."""
    return None if days is None else until - timedelta(days=days) - SETTLED


def can_keep_bodies(days: int | None) -> bool:
    """Whether contents can be kept for so long."""
    return days is None or 0 <= days <= LONGEST_DAYS


def can_keep_mails(days: int | None) -> bool:
    """Whether mails can: at least a day, in which people find what has just happened."""
    return days is None or 1 <= days <= LONGEST_DAYS


def outlives_mail(retention: Retention) -> bool:
    """Whether the content would be kept longer than the mail that it belongs to."""
    if retention.mails_days is None:
        return False
    return retention.bodies_days is None or retention.bodies_days > retention.mails_days

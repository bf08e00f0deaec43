"""Sending allowances, taken from by all workers together so that none is exceeded."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from panel.domain.budget import WINDOWS_S, Usage, limited_windows, window_start
from panel.domain.provider import Limits
from panel.storage.database import Session
from panel.storage.models import ProviderUsage


def used_budgets(session: Session) -> dict[int, list[Usage]]:
    """What each provider has used of each window, by its id."""
    found: dict[int, list[Usage]] = {}
    for row in session.scalars(select(ProviderUsage)):
        usage = Usage(row.window_s, row.started_at, row.used)
        found.setdefault(row.provider_id, []).append(usage)
    return found


def take_budget(
    session: Session, provider_id: int, limits: Limits, recipients: int, *, now: datetime
) -> datetime | None:
    """Takes an allowance for so many recipients; the caller commits.

    None: taken. Otherwise nothing is taken, and the answer is when more is free. A mail to more
    recipients than a whole window allows is let through when the window is untouched, unless
    other systems leave nothing of it.
    """
    windows = limited_windows(limits)
    if not windows:
        return None
    rows = _locked(session, provider_id, [window_s for window_s, _limit in windows], now)
    full = [
        window_start(window_s, now) + timedelta(seconds=window_s)
        for window_s, limit in windows
        if not limit or (rows[window_s].used and rows[window_s].used + recipients > limit)
    ]
    if full:
        return max(full)
    for row in rows.values():
        row.used += recipients
    session.flush()
    return None


def give_back(session: Session, provider_id: int, recipients: int, *, at: datetime) -> None:
    """Returns an allowance that was taken at `at` and not used; the caller commits.

    Only to windows that are still the present ones: what a former one had left is gone.
    """
    left = case((ProviderUsage.used > recipients, ProviderUsage.used - recipients), else_=0)
    for window_s in WINDOWS_S:
        session.execute(
            update(ProviderUsage)
            .where(
                ProviderUsage.provider_id == provider_id,
                ProviderUsage.window_s == window_s,
                ProviderUsage.started_at == window_start(window_s, at),
            )
            .values(used=left),
            execution_options={"synchronize_session": False},
        )


def _locked(
    session: Session, provider_id: int, windows_s: list[int], now: datetime
) -> dict[int, ProviderUsage]:
    """The rows of the present windows, begun anew where the old one is over."""
    found = _rows(session, provider_id, windows_s)
    missing = [window_s for window_s in windows_s if window_s not in found]
    if missing:
        _begin(session, provider_id, missing, now)
        found = _rows(session, provider_id, windows_s)
    for window_s, row in found.items():
        if row.started_at != window_start(window_s, now):
            row.started_at, row.used = window_start(window_s, now), 0
    return found


def _rows(session: Session, provider_id: int, windows_s: list[int]) -> dict[int, ProviderUsage]:
    rows = session.scalars(
        select(ProviderUsage)
        .where(ProviderUsage.provider_id == provider_id, ProviderUsage.window_s.in_(windows_s))
        .order_by(ProviderUsage.window_s)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.window_s: row for row in rows}


def _begin(session: Session, provider_id: int, windows_s: list[int], now: datetime) -> None:
    """Two workers may come first at once: one of them begins a row."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for window_s in windows_s:
        statement = insert(ProviderUsage).values(
            provider_id=provider_id, window_s=window_s, started_at=now, used=0
        )
        session.execute(statement.on_conflict_do_nothing())

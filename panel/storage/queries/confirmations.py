"""The test mail of a provider that waits for its code."""

from __future__ import annotations

from sqlalchemy import delete, select

from panel.storage.database import Session
from panel.storage.models import Confirmation


def replace_with(session: Session, confirmation: Confirmation) -> None:
    """A new test mail; the code of an earlier one of the same provider is worthless now."""
    session.execute(
        delete(Confirmation).where(Confirmation.provider_id == confirmation.provider_id),
        execution_options={"synchronize_session": False},
    )
    session.add(confirmation)
    session.flush()


def latest(session: Session, provider_id: int) -> Confirmation | None:
    """The one that counts, locked: of two codes at once one is looked at after the other."""
    statement = (
        select(Confirmation)
        .where(Confirmation.provider_id == provider_id)
        .order_by(Confirmation.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).one_or_none()

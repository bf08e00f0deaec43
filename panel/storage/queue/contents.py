"""Bodies of messages, kept once per content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from panel.storage.database import Session
from panel.storage.models import Content

_CONTENTS = cast("Table", Content.__table__)
_KEEP = {
    "sqlite": sqlite.insert(_CONTENTS).on_conflict_do_nothing(index_elements=["digest"]),
    "postgresql": postgresql.insert(_CONTENTS).on_conflict_do_nothing(index_elements=["digest"]),
}


def keep_contents(session: Session, bodies: Mapping[bytes, bytes], *, now: datetime) -> None:
    """Stores each body under its SHA-256, the mapping's key, unless it is there already.

    In the order of the digests: of two transactions that store the same bodies one waits for
    the other, and never both.
    """
    session.connection().execute(
        _KEEP[session.get_bind().dialect.name],
        [
            {"digest": digest, "body": bodies[digest], "created_at": now}
            for digest in sorted(bodies)
        ],
    )

"""How Alembic reaches the database: over the connection that `panel.storage.schema` passes in."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

import panel.storage.models  # noqa: F401  (completes the metadata)
from panel.storage.database import Base
from panel.storage.types import UtcTime


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations stand on their own: our types appear as what the database keeps."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, UtcTime) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=context.config.attributes.get("batch", True),
    render_item=_render,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()

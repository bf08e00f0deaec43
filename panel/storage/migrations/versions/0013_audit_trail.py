"""Let the audit be searched by who, what and object, and shut the last ways around its triggers."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SEARCHED = ("actor", "action", "subject")


def upgrade() -> None:
    """Applies this change."""
    for name in SEARCHED:
        op.create_index(f"ix_audit_events_{name}", "audit_events", [name, "id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # Else a session that plays a replica would not run it.
        op.execute("ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_append_only")
        return
    # INSERT OR REPLACE removes the old row without asking the trigger for deletions.
    op.execute(
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit_events "
        "WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'audit events can only be added'); END"
    )


def downgrade() -> None:
    """Takes this change back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE audit_events ENABLE TRIGGER audit_append_only")
    else:
        op.execute("DROP TRIGGER audit_no_replace")
    for name in SEARCHED:
        op.drop_index(f"ix_audit_events_{name}", table_name="audit_events")

"""Refuse changes of the audit trail: rows are added to it, never changed or deleted.

Revision: 0004, after 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MESSAGE = "the audit trail is append-only"


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION cloudlink_audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER cloudlink_audit_is_kept BEFORE UPDATE OR DELETE ON cloudlink_audit "
            "FOR EACH ROW EXECUTE FUNCTION cloudlink_audit_is_kept()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER cloudlink_audit_refuses_{change.lower()} BEFORE {change} ON cloudlink_audit "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER cloudlink_audit_is_kept ON cloudlink_audit")
        op.execute("DROP FUNCTION cloudlink_audit_is_kept()")
        return
    for change in ("update", "delete"):
        op.execute(f"DROP TRIGGER cloudlink_audit_refuses_{change}")

"""Let a caller have a token of its own, beside its tenant's.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "upstream_tokens"


def upgrade() -> None:
    """Apply: what is kept is the tenants'."""
    _recreate([{**row, "caller": ""} for row in _rows()], sa.Column("caller", sa.String(128), primary_key=True))


def downgrade() -> None:
    """Take back: callers' own tokens go."""
    _recreate([row for row in _rows("caller") if row.pop("caller") == ""])


def _rows(*more: str) -> list[dict[str, object]]:
    columns = ["service", "tenant", "token", "hint", *more]
    kept = sa.table(NAME, *map(sa.column, columns), sa.column("set_at", sa.DateTime(timezone=True)))
    return [dict(row) for row in op.get_bind().execute(sa.select(kept)).mappings()]


def _recreate(rows: list[dict[str, object]], *keys: sa.Column[str]) -> None:
    op.drop_table(NAME)
    created = op.create_table(
        NAME,
        sa.Column("service", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(128), primary_key=True),
        *keys,
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.bulk_insert(created, rows)

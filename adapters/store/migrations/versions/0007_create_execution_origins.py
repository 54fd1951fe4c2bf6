"""Create the table of what executions were asked for from.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "execution_origins",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("arn", sa.String(512), primary_key=True),
        sa.Column("asked_by", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_execution_origins_key", "execution_origins", ["tenant", "kind", "key", "asked_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("execution_origins")

"""Create the table of tenants' tokens at upstreams.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "upstream_tokens",
        sa.Column("service", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("upstream_tokens")

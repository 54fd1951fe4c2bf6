"""Note of threats that share a report which one it is, so that all of them go when it says otherwise.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SHARE = "':' || ecosystem || ':' || package_name"
"""What the id of a threat that shares its report has behind the report's."""


def upgrade() -> None:
    """Apply."""
    op.add_column("sigil_threats", sa.Column("report", sa.String(256)))
    op.execute(
        f"UPDATE sigil_threats SET report = substr(id, 1, length(id) - length({SHARE})) "  # noqa: S608 - a constant
        f"WHERE length(id) > length({SHARE}) AND substr(id, length(id) - length({SHARE}) + 1) = {SHARE}"
    )
    op.create_index("ix_sigil_threats_report", "sigil_threats", ["report"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_sigil_threats_report", "sigil_threats")
    op.drop_column("sigil_threats", "report")

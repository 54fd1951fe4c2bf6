"""Create the tables of the gateway's own history.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _create_executions()
    _create_scans_and_regressions()
    _create_costs()
    op.create_table(
        "history_sources",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _create_executions() -> None:
    op.create_table(
        "history_executions",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("input_type", sa.String(8), nullable=False),
        sa.Column("error_code", sa.String(64), nullable=False),
        sa.Column("rules", sa.Integer),
        sa.Column("ttps", sa.Integer),
        sa.Column("duration_ms", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_history_executions_hours",
        "history_executions",
        ["tenant", "hour", "status", "input_type", "error_code", "rules", "ttps", "duration_ms"],
    )
    op.create_index("ix_history_executions_age", "history_executions", ["hour"])
    op.create_table(
        "history_execution_days",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("status", sa.String(16), primary_key=True),
        sa.Column("input_type", sa.String(8), primary_key=True),
        sa.Column("error_code", sa.String(64), primary_key=True),
        sa.Column("duration_bin", sa.SmallInteger, primary_key=True),
        sa.Column("executions", sa.Integer, nullable=False),
        sa.Column("rules", sa.BigInteger, nullable=False),
        sa.Column("ttps", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_scans_and_regressions() -> None:
    op.create_table(
        "history_scans",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("ecosystem", sa.String(16), nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("duration_ms", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    covered = ["tenant", "hour", "status", "verdict", "ecosystem", "score", "duration_ms"]
    op.create_index("ix_history_scans_hours", "history_scans", covered)
    op.create_index("ix_history_scans_age", "history_scans", ["hour"])
    op.create_table(
        "history_regressions",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("service", sa.String(256), nullable=False),
        sa.Column("confidence", sa.String(16), nullable=False),
        sa.Column("environment", sa.String(128), nullable=False),
        sa.Column("change_pct", sa.Float, nullable=False),
        sa.Column("monthly_impact_usd", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_history_regressions_hours", "history_regressions", ["tenant", "hour"])
    op.create_index("ix_history_regressions_age", "history_regressions", ["hour"])


def _create_costs() -> None:
    op.create_table(
        "history_costs",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("service", sa.String(256), primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True),
        sa.Column("credential_id", sa.String(64), primary_key=True),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_history_costs_hours", "history_costs", ["tenant", "hour", "service", "cost_usd"])
    op.create_index("ix_history_costs_age", "history_costs", ["hour"])


def downgrade() -> None:
    """Take back."""
    for name in ("sources", "costs", "regressions", "scans", "execution_days", "executions"):
        op.drop_table(f"history_{name}")

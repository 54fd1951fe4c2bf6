"""Create CloudSigma's tables, what was asked of upstreams, and the counter that orders changes.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counters, [{"name": "cloudsigma", "value": 0}])
    _create_executions()
    _create_callers()


def _create_executions() -> None:
    op.create_table(
        "cloudsigma_executions",
        sa.Column("arn", sa.String(200), primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("tier", sa.String(32)),
        sa.Column("api_key", sa.String(64)),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("input_type", sa.String(8), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("stopped_at", moment),
        sa.Column("error", sa.Text),
        sa.Column("rules_generated", sa.Integer, nullable=False),
        sa.Column("ttps_extracted", sa.Integer, nullable=False),
        sa.Column("platforms_targeted", sa.Integer, nullable=False),
        sa.Column("processing_time_ms", sa.Integer),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.UniqueConstraint("version", name="uq_cloudsigma_executions_version"),
    )
    op.create_index("ix_cloudsigma_executions_history", "cloudsigma_executions", ["owner", "started_at", "arn"])
    op.create_index("ix_cloudsigma_executions_changes", "cloudsigma_executions", ["owner", "version"])
    op.create_table(
        "cloudsigma_outputs",
        sa.Column(
            "arn", sa.String(200), sa.ForeignKey("cloudsigma_executions.arn", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("output", sa.LargeBinary, nullable=False),
    )


def _create_callers() -> None:
    op.create_table(
        "submissions",
        sa.Column("service", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(512), primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("submitted_at", moment, nullable=False),
    )
    op.create_table(
        "cloudsigma_api_keys",
        sa.Column("prefix", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("tier", sa.String(32), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_used_at", moment),
        sa.UniqueConstraint("digest", name="uq_cloudsigma_api_keys_digest"),
    )
    op.create_index("ix_cloudsigma_api_keys_owner", "cloudsigma_api_keys", ["owner"])


def downgrade() -> None:
    """Take back."""
    for table in (
        "cloudsigma_api_keys",
        "submissions",
        "cloudsigma_outputs",
        "cloudsigma_executions",
        "counters",
    ):
        op.drop_table(table)

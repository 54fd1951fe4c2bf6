"""Create Sigil's tables.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": "sigil", "value": 0}])
    _create_scans()
    op.create_table(
        "sigil_phases",
        sa.Column("scan_id", sa.String(64), sa.ForeignKey("sigil_scans.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("findings", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "sigil_members",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", moment, nullable=False),
    )
    _create_threats()


def _create_threats() -> None:
    op.create_table(
        "sigil_threats",
        sa.Column("id", sa.String(256), primary_key=True),
        sa.Column("ecosystem", sa.String(16), nullable=False),
        sa.Column("package_name", sa.String(256), nullable=False),
        sa.Column("threat_type", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("reported_at", moment, nullable=False),
        sa.Column("threat", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_sigil_threats_package", "sigil_threats", ["ecosystem", "package_name"])
    op.create_index("ix_sigil_threats_newest", "sigil_threats", ["reported_at", "id"])


def _create_scans() -> None:
    op.create_table(
        "sigil_scans",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("asked_by", sa.String(128), nullable=False),
        sa.Column("target", sa.String(1000), nullable=False),
        sa.Column("policy", sa.String(128), nullable=False),
        sa.Column("forced", sa.Boolean, nullable=False),
        sa.Column("engine", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("verdict", sa.String(16)),
        sa.Column("ecosystem", sa.String(16), nullable=False),
        sa.Column("package_name", sa.String(256), nullable=False),
        sa.Column("package_version", sa.String(256)),
        sa.Column("digest", sa.String(64)),
        sa.Column("known_threats", sa.LargeBinary, nullable=False),
        sa.Column("policy_result", sa.LargeBinary),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("began_at", moment),
        sa.Column("finished_at", moment),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.UniqueConstraint("version", name="uq_sigil_scans_version"),
    )
    for name, columns in {
        "history": ["tenant", "created_at", "id"],
        "changes": ["tenant", "version"],
        "packages": ["tenant", "ecosystem", "package_name", "created_at"],
        "results": ["digest"],
        "status": ["status"],
    }.items():
        op.create_index(f"ix_sigil_scans_{name}", "sigil_scans", columns)


def downgrade() -> None:
    """Take back."""
    for table in ("sigil_threats", "sigil_members", "sigil_phases", "sigil_scans"):
        op.drop_table(table)
    op.execute("DELETE FROM counters WHERE name = 'sigil'")

"""Create the index of deploys by the packages that they shipped, and fill it from the deploys that are known.

Revision: 0009, after 0008.
"""

import json

import sqlalchemy as sa
from alembic import op

from adapters.cloudlink.shipping import shipped
from adapters.store.types import Key

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 1_000


def upgrade() -> None:
    """Apply."""
    packages = op.create_table(
        "cloudlink_deploy_packages",
        sa.Column(
            "deploy_id",
            sa.String(64),
            sa.ForeignKey(
                "cloudlink_deploys.id",
                name="fk_cloudlink_deploy_packages_deploy_id_cloudlink_deploys",
                ondelete="CASCADE",
            ),
            primary_key=True,
        ),
        sa.Column("target", Key(300), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("package", Key(310), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
    )
    names = ["tenant", "package", "target", "deployed_at"]
    op.create_index("ix_cloudlink_deploy_packages_package", "cloudlink_deploy_packages", names)
    last = ""
    while rows := _rows_after(last):
        found = [
            {
                "deploy_id": row.id,
                "target": target,
                "tenant": row.tenant,
                "package": f"{package.ecosystem}:{package.name}",
                "deployed_at": row.deployed_at,
            }
            for row in rows
            for target, package in shipped(json.loads(row.metadata).get("packages") or ()).items()
        ]
        if found:
            op.bulk_insert(packages, found)
        last = rows[-1].id


def _rows_after(last: str) -> list[sa.Row[tuple[str, str, bytes, sa.DateTime]]]:
    deploys = sa.table(
        "cloudlink_deploys",
        sa.column("id", sa.String),
        sa.column("tenant", sa.String),
        sa.column("metadata", sa.LargeBinary),
        sa.column("deployed_at", sa.DateTime(timezone=True)),
    )
    query = sa.select(deploys).where(deploys.c.id > last).order_by(deploys.c.id).limit(AT_ONCE)
    return list(op.get_bind().execute(query))


def downgrade() -> None:
    """Take back."""
    op.drop_table("cloudlink_deploy_packages")

"""Create the index of threats by their indicators, and fill it from the threats that are known.

Revision: 0008, after 0007.
"""

import json

import sqlalchemy as sa
from alembic import op

from adapters.sigil.indicators import indicator_digest

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT_ONCE = 1_000


def upgrade() -> None:
    """Apply."""
    indicators = op.create_table(
        "sigil_threat_indicators",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column(
            "threat_id",
            sa.String(256),
            sa.ForeignKey("sigil_threats.id", ondelete="CASCADE"),
            primary_key=True,
        ),
    )
    op.create_index("ix_sigil_threat_indicators_threat", "sigil_threat_indicators", ["threat_id"])
    threats = sa.table("sigil_threats", sa.column("id", sa.String), sa.column("threat", sa.LargeBinary))
    last = ""
    while rows := _rows_after(threats, last):
        found = [
            {"digest": digest, "threat_id": row.id}
            for row in rows
            for digest in {indicator_digest(value) for value in json.loads(row.threat).get("indicators", ())}
        ]
        if found:
            op.bulk_insert(indicators, found)
        last = rows[-1].id


def _rows_after(threats: sa.TableClause, last: str) -> list[sa.Row[tuple[str, bytes]]]:
    query = sa.select(threats).where(threats.c.id > last).order_by(threats.c.id).limit(AT_ONCE)
    return list(op.get_bind().execute(query))


def downgrade() -> None:
    """Take back."""
    op.drop_table("sigil_threat_indicators")

"""Create CloudLink's tables.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": "cloudlink", "value": 0}])
    _create_costs()
    _create_deploys()
    _create_budgets()
    _create_budget_alerts()
    _create_audit()
    _create_credentials()
    _create_scans()
    _create_actions()
    _create_webhooks()


def _create_costs() -> None:
    op.create_table(
        "cloudlink_services",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("name", sa.String(256), primary_key=True),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("last_hour", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "cloudlink_costs",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("service", sa.String(256), primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True),
        sa.Column("credential_id", sa.String(64), primary_key=True),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sa.Column("recorded_at", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cloudlink_costs_months", "cloudlink_costs", ["tenant", "hour", "service", "cost_usd"])


def _create_deploys() -> None:
    op.create_table(
        "cloudlink_deploys",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("service", sa.String(256), nullable=False),
        sa.Column("version", sa.String(256)),
        sa.Column("environment", sa.String(128), nullable=False),
        sa.Column("source", sa.String(256)),
        sa.Column("metadata", sa.LargeBinary, nullable=False),
        sa.Column("deployed_at", moment, nullable=False),
        sa.Column("judged_at", moment),
    )
    op.create_index("ix_cloudlink_deploys_history", "cloudlink_deploys", ["tenant", "deployed_at", "id"])
    op.create_index("ix_cloudlink_deploys_services", "cloudlink_deploys", ["tenant", "service", "deployed_at"])
    op.create_index("ix_cloudlink_deploys_unjudged", "cloudlink_deploys", ["judged_at", "tenant", "deployed_at"])
    op.create_table(
        "cloudlink_regressions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column(
            "deploy_id", sa.String(64), sa.ForeignKey("cloudlink_deploys.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("service", sa.String(256), nullable=False),
        sa.Column("baseline_cost", sa.Float, nullable=False),
        sa.Column("post_cost", sa.Float, nullable=False),
        sa.Column("change_pct", sa.Float, nullable=False),
        sa.Column("monthly_impact", sa.Float, nullable=False),
        sa.Column("confidence", sa.String(16), nullable=False),
        sa.Column("confidence_score", sa.Float, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("detected_at", moment, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.UniqueConstraint("version", name="uq_cloudlink_regressions_version"),
    )
    op.create_index("ix_cloudlink_regressions_changes", "cloudlink_regressions", ["tenant", "version"])
    op.create_index("ix_cloudlink_regressions_deploy", "cloudlink_regressions", ["deploy_id", "service"], unique=True)
    op.create_index("ix_cloudlink_regressions_history", "cloudlink_regressions", ["tenant", "detected_at", "id"])
    op.create_index("ix_cloudlink_regressions_services", "cloudlink_regressions", ["tenant", "service", "detected_at"])


def _create_budgets() -> None:
    op.create_table(
        "cloudlink_anomalies",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("service", sa.String(256), primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("engine", sa.String(32), nullable=False),
        sa.Column("assessment", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "cloudlink_budgets",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("service", sa.String(256)),
        sa.Column("monthly_limit_usd", sa.Float, nullable=False),
        sa.Column("alert_thresholds", sa.LargeBinary, nullable=False),
        sa.Column("action_on_breach", sa.String(32), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
    )
    op.create_index("ix_cloudlink_budgets_tenant", "cloudlink_budgets", ["tenant", "created_at", "id"])


def _create_budget_alerts() -> None:
    op.create_table(
        "cloudlink_budget_alerts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column(
            "budget_id", sa.String(64), sa.ForeignKey("cloudlink_budgets.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("threshold_pct", sa.Integer, nullable=False),
        sa.Column("spend_usd", sa.Float, nullable=False),
        sa.Column("limit_usd", sa.Float, nullable=False),
        sa.Column("triggered_at", moment, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("version", name="uq_cloudlink_budget_alerts_version"),
    )
    op.create_index("ix_cloudlink_budget_alerts_changes", "cloudlink_budget_alerts", ["tenant", "version"])
    op.create_index("ix_cloudlink_budget_alerts_history", "cloudlink_budget_alerts", ["tenant", "triggered_at", "id"])
    op.create_index(
        "ix_cloudlink_budget_alerts_once",
        "cloudlink_budget_alerts",
        ["budget_id", "month", "threshold_pct"],
        unique=True,
    )


def _create_audit() -> None:
    op.create_table(
        "cloudlink_audit",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("event_type", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(128)),
        sa.Column("action_id", sa.String(64)),
        sa.Column("action_type", sa.String(64)),
        sa.Column("resource_id", sa.String(512)),
        sa.Column("status", sa.String(32)),
        sa.Column("detail", sa.Text),
        sa.Column("at", moment, nullable=False),
    )
    op.create_index("ix_cloudlink_audit_history", "cloudlink_audit", ["tenant", "at", "id"])


def _create_credentials() -> None:
    op.create_table(
        "cloudlink_credentials",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("cloud", sa.String(16), nullable=False),
        sa.Column("label", sa.String(256)),
        sa.Column("credential_type", sa.String(32), nullable=False),
        sa.Column("regions", sa.LargeBinary, nullable=False),
        sa.Column("hint", sa.String(64), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_verified_at", moment),
    )
    op.create_index("ix_cloudlink_credentials_tenant", "cloudlink_credentials", ["tenant", "created_at", "id"])
    op.create_table(
        "cloudlink_resources",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column(
            "credential_id",
            sa.String(64),
            sa.ForeignKey("cloudlink_credentials.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("resource_id", sa.String(512), primary_key=True),
        sa.Column("resource_type", sa.String(32), nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("region", sa.String(64)),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
    )


def _create_scans() -> None:
    op.create_table(
        "cloudlink_scans",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("asked_by", sa.String(128), nullable=False),
        sa.Column("credential_id", sa.String(64), nullable=False),
        sa.Column("credential_label", sa.String(256)),
        sa.Column("regions", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment),
        sa.Column("events_found", sa.Integer, nullable=False),
        sa.Column("events_ingested", sa.Integer, nullable=False),
        sa.Column("actions_queued", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.UniqueConstraint("version", name="uq_cloudlink_scans_version"),
    )
    op.create_index("ix_cloudlink_scans_changes", "cloudlink_scans", ["tenant", "version"])
    op.create_index("ix_cloudlink_scans_history", "cloudlink_scans", ["tenant", "started_at", "id"])
    op.create_index("ix_cloudlink_scans_status", "cloudlink_scans", ["status"])


def _create_actions() -> None:
    op.create_table(
        "cloudlink_actions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("action_key", sa.String(512), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("action_type", sa.String(64), nullable=False),
        sa.Column("credential_id", sa.String(64)),
        sa.Column("region", sa.String(64)),
        sa.Column("resource_id", sa.String(512), nullable=False),
        sa.Column("resource_type", sa.String(32)),
        sa.Column("proposed_change", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("attempt_count", sa.Integer, nullable=False),
        sa.Column("next_retry_at", moment),
        sa.Column("last_error", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("confidence", sa.Float),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("version", name="uq_cloudlink_actions_version"),
    )
    op.create_index("ix_cloudlink_actions_changes", "cloudlink_actions", ["tenant", "version"])
    op.create_index("ix_cloudlink_actions_history", "cloudlink_actions", ["tenant", "created_at", "id"])
    op.create_index("ix_cloudlink_actions_key", "cloudlink_actions", ["tenant", "action_key", "status"])
    op.create_index("ix_cloudlink_actions_status", "cloudlink_actions", ["status"])


def _create_webhooks() -> None:
    op.create_table(
        "cloudlink_webhooks",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_fired_at", moment),
        sa.Column("last_status", sa.String(256)),
    )
    op.create_index("ix_cloudlink_webhooks_tenant", "cloudlink_webhooks", ["tenant", "created_at", "id"])
    op.create_table(
        "cloudlink_deliveries",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column(
            "webhook_id", sa.String(64), sa.ForeignKey("cloudlink_webhooks.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", moment, nullable=False),
    )
    op.create_index("ix_cloudlink_deliveries_due", "cloudlink_deliveries", ["due_at"])
    op.create_index("ix_cloudlink_deliveries_webhook", "cloudlink_deliveries", ["webhook_id"])


def downgrade() -> None:
    """Take back."""
    account = ("deliveries", "webhooks", "actions", "scans", "resources", "credentials", "audit")
    spending = ("budget_alerts", "budgets", "anomalies", "regressions", "deploys", "costs", "services")
    for table in (*account, *spending):
        op.drop_table(f"cloudlink_{table}")
    op.execute("DELETE FROM counters WHERE name = 'cloudlink'")

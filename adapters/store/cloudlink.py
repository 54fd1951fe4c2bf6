"""CloudLink's tables of costs, deploys, regressions, anomalies, budgets and the audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

services = Table(
    "cloudlink_services",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("name", Key(256), primary_key=True),
    Column("provider", String(32), nullable=False),
    Column("last_hour", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""`last_hour` counts hours since 1970; `revision` is another one whenever costs of the service come in."""

costs = Table(
    "cloudlink_costs",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("service", Key(256), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("credential_id", String(64), primary_key=True),
    Column("cost_usd", Float, nullable=False),
    Column("recorded_at", Integer, nullable=False),
    Index("ix_cloudlink_costs_months", "tenant", "hour", "service", "cost_usd"),
    sqlite_with_rowid=False,
)
"""`hour` counts hours since 1970, `recorded_at` seconds; `credential_id` is empty for costs that were pushed in."""

deploys = Table(
    "cloudlink_deploys",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("service", Key(256), nullable=False),
    Column("version", String(256)),
    Column("environment", String(128), nullable=False),
    Column("source", String(256)),
    Column("metadata", LargeBinary, nullable=False),
    Column("deployed_at", UtcDateTime, nullable=False),
    Column("judged_at", UtcDateTime),
    Index("ix_cloudlink_deploys_history", "tenant", "deployed_at", "id"),
    Index("ix_cloudlink_deploys_services", "tenant", "service", "deployed_at"),
    Index("ix_cloudlink_deploys_unjudged", "judged_at", "tenant", "deployed_at"),
)

deploy_packages = Table(
    "cloudlink_deploy_packages",
    metadata,
    Column("deploy_id", Key(64), ForeignKey(deploys.c.id, ondelete="CASCADE"), primary_key=True),
    Column("target", Key(300), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("package", Key(310), nullable=False),
    Column("deployed_at", UtcDateTime, nullable=False),
    Index("ix_cloudlink_deploy_packages_package", "tenant", "package", "target", "deployed_at"),
)
"""What deploys shipped: `package` is the ecosystem and the name of a target, as `npm:express`."""

regressions = Table(
    "cloudlink_regressions",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("deploy_id", Key(64), ForeignKey(deploys.c.id, ondelete="CASCADE"), nullable=False),
    Column("service", Key(256), nullable=False),
    Column("baseline_cost", Float, nullable=False),
    Column("post_cost", Float, nullable=False),
    Column("change_pct", Float, nullable=False),
    Column("monthly_impact", Float, nullable=False),
    Column("confidence", String(16), nullable=False),
    Column("confidence_score", Float, nullable=False),
    Column("status", String(16), nullable=False),
    Column("detected_at", UtcDateTime, nullable=False),
    Column("version", BigInteger, nullable=False, unique=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_cloudlink_regressions_deploy", "deploy_id", "service", unique=True),
    Index("ix_cloudlink_regressions_history", "tenant", "detected_at", "id"),
    Index("ix_cloudlink_regressions_services", "tenant", "service", "detected_at"),
    Index("ix_cloudlink_regressions_changes", "tenant", "version"),
)

anomalies = Table(
    "cloudlink_anomalies",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("service", Key(256), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("engine", String(32), nullable=False),
    Column("assessment", LargeBinary, nullable=False),
)
"""What the engine said of a service whose costs had that revision."""

budgets = Table(
    "cloudlink_budgets",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("name", String(256), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("service", Key(256)),
    Column("monthly_limit_usd", Float, nullable=False),
    Column("alert_thresholds", LargeBinary, nullable=False),
    Column("action_on_breach", String(32), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_cloudlink_budgets_tenant", "tenant", "created_at", "id"),
)

budget_alerts = Table(
    "cloudlink_budget_alerts",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("budget_id", Key(64), ForeignKey(budgets.c.id, ondelete="CASCADE"), nullable=False),
    Column("month", String(7), nullable=False),
    Column("threshold_pct", Integer, nullable=False),
    Column("spend_usd", Float, nullable=False),
    Column("limit_usd", Float, nullable=False),
    Column("triggered_at", UtcDateTime, nullable=False),
    Column("version", BigInteger, nullable=False, unique=True),
    Index("ix_cloudlink_budget_alerts_once", "budget_id", "month", "threshold_pct", unique=True),
    Index("ix_cloudlink_budget_alerts_history", "tenant", "triggered_at", "id"),
    Index("ix_cloudlink_budget_alerts_changes", "tenant", "version"),
)
"""`month` is written as 2026-11."""

audit = Table(
    "cloudlink_audit",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("event_type", Key(64), nullable=False),
    Column("actor", String(128)),
    Column("action_id", String(64)),
    Column("action_type", String(64)),
    Column("resource_id", String(512)),
    Column("status", String(32)),
    Column("detail", Text),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_cloudlink_audit_history", "tenant", "at", "id"),
)

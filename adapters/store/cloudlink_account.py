"""CloudLink's tables of cloud accounts: credentials, resources, scans, actions, webhooks and their deliveries."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

credentials = Table(
    "cloudlink_credentials",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("cloud", String(16), nullable=False),
    Column("label", String(256)),
    Column("credential_type", String(32), nullable=False),
    Column("regions", LargeBinary, nullable=False),
    Column("hint", String(64), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_verified_at", UtcDateTime),
    Index("ix_cloudlink_credentials_tenant", "tenant", "created_at", "id"),
)
"""`secret` is encrypted."""

resources = Table(
    "cloudlink_resources",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("credential_id", Key(64), ForeignKey(credentials.c.id, ondelete="CASCADE"), primary_key=True),
    Column("resource_id", Key(512), primary_key=True),
    Column("resource_type", Key(32), nullable=False),
    Column("provider", Key(16), nullable=False),
    Column("region", String(64)),
    Column("payload", LargeBinary, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

scans = Table(
    "cloudlink_scans",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("asked_by", String(128), nullable=False),
    Column("credential_id", Key(64), nullable=False),
    Column("credential_label", String(256)),
    Column("regions", LargeBinary, nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("events_found", Integer, nullable=False),
    Column("events_ingested", Integer, nullable=False),
    Column("actions_queued", Integer, nullable=False),
    Column("error", Text),
    Column("version", BigInteger, nullable=False, unique=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_cloudlink_scans_history", "tenant", "started_at", "id"),
    Index("ix_cloudlink_scans_changes", "tenant", "version"),
    Index("ix_cloudlink_scans_status", "status"),
)

actions = Table(
    "cloudlink_actions",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("action_key", Key(512), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("action_type", String(64), nullable=False),
    Column("credential_id", Key(64)),
    Column("region", String(64)),
    Column("resource_id", Key(512), nullable=False),
    Column("resource_type", String(32)),
    Column("proposed_change", LargeBinary, nullable=False),
    Column("status", String(32), nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("next_retry_at", UtcDateTime),
    Column("last_error", Text),
    Column("reason", Text),
    Column("confidence", Float),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("version", BigInteger, nullable=False, unique=True),
    Index("ix_cloudlink_actions_history", "tenant", "created_at", "id"),
    Index("ix_cloudlink_actions_changes", "tenant", "version"),
    Index("ix_cloudlink_actions_key", "tenant", "action_key", "status"),
    Index("ix_cloudlink_actions_status", "status"),
)
"""`action_key` says what an action does to what: a finished one does not keep another from being proposed."""

webhooks = Table(
    "cloudlink_webhooks",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("url", String(2048), nullable=False),
    Column("events", LargeBinary, nullable=False),
    Column("secret", LargeBinary),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_fired_at", UtcDateTime),
    Column("last_status", String(256)),
    Index("ix_cloudlink_webhooks_tenant", "tenant", "created_at", "id"),
)
"""`secret` is encrypted."""

deliveries = Table(
    "cloudlink_deliveries",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("webhook_id", Key(64), ForeignKey(webhooks.c.id, ondelete="CASCADE"), nullable=False),
    Column("event", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Index("ix_cloudlink_deliveries_due", "due_at"),
    Index("ix_cloudlink_deliveries_webhook", "webhook_id"),
)
"""What is still to be sent, and when it is tried next; `body` is the payload, as JSON."""

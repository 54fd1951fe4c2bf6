"""The tables of the gateway's own history, which outlives what upstreams keep; all are the tenant's."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, SmallInteger, String, Table

from adapters.store.metadata import metadata
from adapters.store.types import Key

executions = Table(
    "history_executions",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("key", Key(200), primary_key=True),
    Column("hour", Integer, nullable=False),
    Column("standing", SmallInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("input_type", String(8), nullable=False),
    Column("error_code", Key(64), nullable=False),
    Column("rules", Integer),
    Column("ttps", Integer),
    Column("duration_ms", BigInteger),
    Index(
        "ix_history_executions_hours",
        *("tenant", "hour", "status", "input_type", "error_code", "rules", "ttps", "duration_ms"),
    ),
    Index("ix_history_executions_age", "hour"),
    sqlite_with_rowid=False,
)
"""`hour` counts hours since 1970, `standing` says how far a thing has come; a text is empty for what is not known."""

execution_days = Table(
    "history_execution_days",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("status", String(16), primary_key=True),
    Column("input_type", String(8), primary_key=True),
    Column("error_code", Key(64), primary_key=True),
    Column("duration_bin", SmallInteger, primary_key=True),
    Column("executions", Integer, nullable=False),
    Column("rules", BigInteger, nullable=False),
    Column("ttps", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The executions of a day that have everything in common, counted: written with `history_executions`, always."""

scans = Table(
    "history_scans",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("key", Key(64), primary_key=True),
    Column("hour", Integer, nullable=False),
    Column("standing", SmallInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("ecosystem", Key(16), nullable=False),
    Column("score", Integer),
    Column("duration_ms", BigInteger),
    Index("ix_history_scans_hours", *("tenant", "hour", "status", "verdict", "ecosystem", "score", "duration_ms")),
    Index("ix_history_scans_age", "hour"),
    sqlite_with_rowid=False,
)

regressions = Table(
    "history_regressions",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("key", Key(64), primary_key=True),
    Column("hour", Integer, nullable=False),
    Column("standing", SmallInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("service", Key(256), nullable=False),
    Column("confidence", Key(16), nullable=False),
    Column("environment", Key(128), nullable=False),
    Column("change_pct", Float, nullable=False),
    Column("monthly_impact_usd", Float, nullable=False),
    Index("ix_history_regressions_hours", "tenant", "hour"),
    Index("ix_history_regressions_age", "hour"),
    sqlite_with_rowid=False,
)

costs = Table(
    "history_costs",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("service", Key(256), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("credential_id", Key(64), primary_key=True),
    Column("provider", Key(32), nullable=False),
    Column("cost_usd", Float, nullable=False),
    Index("ix_history_costs_hours", "tenant", "hour", "service", "cost_usd"),
    Index("ix_history_costs_age", "hour"),
    sqlite_with_rowid=False,
)
"""Costs that an upstream showed; those that the embedded engine keeps are in `cloudlink_costs`, and stay there."""

sources = Table(
    "history_sources",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""Up to which change the history has taken over what an embedded service did."""

"""CloudSigma's tables: executions of the local implementation and their output, and the keys that users made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

executions = Table(
    "cloudsigma_executions",
    metadata,
    Column("arn", Key(200), primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("tenant", String(128), nullable=False),
    Column("tier", String(32)),
    Column("api_key", String(64)),
    Column("request", LargeBinary, nullable=False),
    Column("input_type", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("progress", Float, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
    Column("error", Text),
    Column("rules_generated", Integer, nullable=False, default=0),
    Column("ttps_extracted", Integer, nullable=False, default=0),
    Column("platforms_targeted", Integer, nullable=False, default=0),
    Column("processing_time_ms", Integer),
    Column("version", BigInteger, nullable=False, unique=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_cloudsigma_executions_history", "owner", "started_at", "arn"),
    Index("ix_cloudsigma_executions_changes", "owner", "version"),
)

outputs = Table(
    "cloudsigma_outputs",
    metadata,
    Column("arn", Key(200), ForeignKey(executions.c.arn, ondelete="CASCADE"), primary_key=True),
    Column("output", LargeBinary, nullable=False),
)

api_keys = Table(
    "cloudsigma_api_keys",
    metadata,
    Column("prefix", Key(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("owner", String(128), nullable=False, index=True),
    Column("tier", String(32), nullable=False),
    Column("name", String(128), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
)

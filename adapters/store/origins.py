"""The table of what executions were asked for from."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

execution_origins = Table(
    "execution_origins",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("arn", Key(512), primary_key=True),
    Column("asked_by", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("key", Key(256), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Index("ix_execution_origins_key", "tenant", "kind", "key", "asked_at"),
)

"""The table of what principals asked upstreams for, all services in one."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

submissions = Table(
    "submissions",
    metadata,
    Column("service", String(32), primary_key=True),
    Column("key", Key(512), primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
)

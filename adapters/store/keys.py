"""The table of API keys that the gateway's callers have; hashed."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

gateway_keys = Table(
    "gateway_keys",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", Key(64), nullable=False, index=True),
    Column("tenant", Key(64), nullable=False),
    Column("roles", String(1024), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
)

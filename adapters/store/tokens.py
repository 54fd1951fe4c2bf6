"""The table of tokens that tenants and their callers have at upstreams; encrypted."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

upstream_tokens = Table(
    "upstream_tokens",
    metadata,
    Column("service", String(32), primary_key=True),
    Column("tenant", Key(128), primary_key=True),
    Column("caller", Key(128), primary_key=True),
    Column("token", LargeBinary, nullable=False),
    Column("hint", String(16), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)
"""`caller` is empty where the token is for all of the tenant."""

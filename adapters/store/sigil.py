"""Sigil's tables: scans of the local implementation with their phases, and who asks for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

scans = Table(
    "sigil_scans",
    metadata,
    Column("id", Key(64), primary_key=True),
    Column("tenant", String(128), nullable=False),
    Column("asked_by", String(128), nullable=False),
    Column("target", Key(1000), nullable=False),
    Column("policy", String(128), nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("engine", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("score", Integer),
    Column("verdict", String(16)),
    Column("ecosystem", Key(16), nullable=False),
    Column("package_name", Key(256), nullable=False),
    Column("package_version", Key(256)),
    Column("digest", String(64)),
    Column("known_threats", LargeBinary, nullable=False),
    Column("policy_result", LargeBinary),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("duration_ms", Integer),
    Column("created_at", UtcDateTime, nullable=False),
    Column("began_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("version", BigInteger, nullable=False, unique=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_sigil_scans_history", "tenant", "created_at", "id"),
    Index("ix_sigil_scans_changes", "tenant", "version"),
    Index("ix_sigil_scans_packages", "tenant", "ecosystem", "package_name", "created_at"),
    Index("ix_sigil_scans_results", "digest"),
    Index("ix_sigil_scans_status", "status"),
)

phases = Table(
    "sigil_phases",
    metadata,
    Column("scan_id", Key(64), ForeignKey(scans.c.id, ondelete="CASCADE"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("score", Integer, nullable=False),
    Column("findings", LargeBinary, nullable=False),
)

members = Table(
    "sigil_members",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

"""The tables of packages that are known to be malicious and of their indicators; they belong to no tenant."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, Text

from adapters.store.metadata import metadata
from adapters.store.types import Key, UtcDateTime

threats = Table(
    "sigil_threats",
    metadata,
    Column("id", Key(256), primary_key=True),
    Column("ecosystem", String(16), nullable=False),
    Column("package_name", Key(256), nullable=False),
    Column("threat_type", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("description", Text, nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),
    Column("threat", LargeBinary, nullable=False),
    Column("report", Key(256)),
    Index("ix_sigil_threats_package", "ecosystem", "package_name"),
    Index("ix_sigil_threats_newest", "reported_at", "id"),
    Index("ix_sigil_threats_report", "report"),
)
"""`report` is the id of a report that says several threats; where it says one, that has the report's id itself."""

indicators = Table(
    "sigil_threat_indicators",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("threat_id", Key(256), ForeignKey(threats.c.id, ondelete="CASCADE"), primary_key=True),
    Index("ix_sigil_threat_indicators_threat", "threat_id"),
)
"""`digest` is of the indicator's one form."""

"""Column types that SQLite and PostgreSQL have in common."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database, which on SQLite keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn an aware moment into UTC; a naive one is a mistake in the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: give an aware datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Give back an aware moment."""
        return value if value is None or value.tzinfo is not None else value.replace(tzinfo=UTC)


class Key(TypeDecorator[str]):
    """A name that callers hand in to look something up: with characters that no database takes, it finds nothing."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Put a replacement character for NUL and for half of a surrogate pair."""
        return None if value is None else re.sub("[\x00\ud800-\udfff]", "\ufffd", value)

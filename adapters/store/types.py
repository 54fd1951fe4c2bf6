"""Column types that SQLite and PostgreSQL have in common."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database, which on SQLite keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn an aware moment into UTC, one beyond the calendar into its end; a naive one is the caller's mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: give an aware datetime")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            return FIRST_MOMENT if value.year == 1 else LAST_MOMENT

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

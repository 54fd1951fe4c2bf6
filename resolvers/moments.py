"""Times that callers give: in UTC where they name no zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def in_utc(moment: datetime) -> datetime: ...
@overload
def in_utc(moment: datetime | None) -> datetime | None: ...
def in_utc(moment: datetime | None) -> datetime | None:
    """Give a moment its zone, UTC unless it has one."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment

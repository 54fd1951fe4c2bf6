"""Spans of time that analytics are asked of: whole hours or days in UTC, cut into buckets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from adapters.errors import InvalidInput

HOURS = 24
DEFAULT_DAYS = 30
MOST_BUCKETS = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_HOUR = (datetime(9999, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(hours=1)


class TimeBucket(StrEnum):
    """What times are grouped by."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


HOURS_OF = {TimeBucket.HOUR: 1, TimeBucket.DAY: 24, TimeBucket.WEEK: 24 * 7, TimeBucket.MONTH: 24 * 28}


class Span(msgspec.Struct, frozen=True):
    """From an hour, inclusive, to another, exclusive, counted since 1970: whole days unless `bucket` is an hour."""

    first_hour: int
    end_hour: int
    bucket: TimeBucket | None

    @property
    def since(self) -> datetime:
        """Give when it begins."""
        return moment_of(self.first_hour)

    @property
    def until(self) -> datetime:
        """Give when it is over."""
        return moment_of(self.end_hour)


def span_of(since: datetime | None, until: datetime | None, bucket: TimeBucket | None) -> Span:
    """Round a time out to whole hours or days; raises InvalidInput for one that is empty or has too many buckets."""
    now = datetime.now(UTC)
    until = now if until is None else until
    since = max(EPOCH + timedelta(days=DEFAULT_DAYS), until) - timedelta(days=DEFAULT_DAYS) if since is None else since
    if since >= until:
        message = f"from is {since.isoformat()} and to is {until.isoformat()}: give a from that is earlier than to"
        raise InvalidInput("ValidationError", message, "from")
    whole = 1 if bucket is TimeBucket.HOUR else HOURS
    first = _hours(since) // whole * whole
    end = -(-_hours(until, timedelta(hours=1) - timedelta.resolution) // whole) * whole
    buckets = (end - first) / HOURS_OF[bucket] if bucket is not None else 1
    if bucket is not None and buckets > MOST_BUCKETS:
        message = (
            f"bucket is {bucket.name}, which makes over {MOST_BUCKETS} of this time: take a longer one, or less time"
        )
        raise InvalidInput("ValidationError", message, "bucket")
    return Span(first, end, bucket)


def moment_of(hour: int) -> datetime:
    """Give the moment at which an hour begins."""
    return EPOCH + timedelta(hours=hour)


def _hours(moment: datetime, rounding: timedelta = timedelta(0)) -> int:
    """Count the whole hours since 1970, within what the calendar holds."""
    return min(max((moment - EPOCH + rounding) // timedelta(hours=1), 0), LAST_HOUR)

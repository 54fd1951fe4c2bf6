"""Spans of time, rounded out to whole hours and days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.errors import InvalidInput
from adapters.history.ranges import TimeBucket, moment_of, span_of

NOON = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bucket", "since", "until"),
    [
        (TimeBucket.HOUR, day(10, 12), day(11, 2)),
        (TimeBucket.DAY, day(10), day(12)),
        (TimeBucket.WEEK, day(10), day(12)),
        (None, day(10), day(12)),
    ],
)
def test_times_are_rounded_out(bucket: TimeBucket | None, since: datetime, until: datetime) -> None:
    """To whole hours where these are grouped by, else to whole days; whatever zone they are given in."""
    east = timezone(timedelta(hours=5))
    span = span_of(NOON.astimezone(east), NOON + timedelta(hours=13), bucket)
    assert (span.since, span.until) == (since, until)


def test_whole_times_stay_as_they_are() -> None:
    """A day from midnight to midnight is one day."""
    span = span_of(day(10), day(11), TimeBucket.DAY)
    assert (span.since, span.until) == (day(10), day(11))


def test_thirty_days_are_meant_where_nothing_is_said() -> None:
    """Until now, or until a given end; an end before 1970 leaves nothing."""
    span = span_of(None, day(31), TimeBucket.DAY)
    assert (span.since, span.until) == (day(1), day(31))
    assert span_of(None, None, None).until >= datetime.now(UTC)
    with pytest.raises(InvalidInput, match="earlier"):
        span_of(None, datetime(1969, 1, 1, tzinfo=UTC), None)


def test_a_time_that_is_over_before_it_begins_is_refused() -> None:
    """Naming the argument and both values."""
    with pytest.raises(InvalidInput, match=r"2026-03-11.*2026-03-10.*earlier") as refusal:
        span_of(day(11), day(10), TimeBucket.DAY)
    assert refusal.value.field == "from"


@pytest.mark.parametrize(
    ("bucket", "fits"),
    [(TimeBucket.HOUR, timedelta(hours=1000)), (TimeBucket.DAY, timedelta(days=1000))],
)
def test_there_are_at_most_a_thousand_buckets(bucket: TimeBucket, fits: timedelta) -> None:
    """One more is refused with the cure."""
    span_of(day(31) - fits, day(31), bucket)
    with pytest.raises(InvalidInput, match=r"over 1000.*longer") as refusal:
        span_of(day(31) - fits - timedelta(hours=1), day(31), bucket)
    assert refusal.value.field == "bucket"


def test_the_ends_of_the_calendar_do_no_harm() -> None:
    """What lies beyond the history's own reach is left out."""
    span = span_of(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), None)
    assert span.since == moment_of(0)
    assert span.until.year == 9999

"""Hours as the store counts them: since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=1)
"""What is said to have happened before that, or so much after now, is a mistake."""
HOURS_OF_A_MONTH = 720
"""What a monthly cost is reckoned with, whatever the month."""


def hour_number(moment: datetime) -> int:
    """Give the number of the hour that a moment lies in."""
    return (moment - EPOCH) // HOUR


def first_hour_from(moment: datetime) -> int:
    """Give the number of the first hour that begins at a moment or after it."""
    return -((EPOCH - moment) // HOUR)


def hour_start(number: int) -> datetime:
    """Give the moment at which an hour begins."""
    return EPOCH + number * HOUR

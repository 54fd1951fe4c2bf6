"""Which hours are laid around a deploy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.regression.windows import HISTORY_HOURS, first_hour_after, windows_around

NINE = datetime(2026, 3, 12, 9, tzinfo=UTC)
HOUR = hour_number(NINE)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(("late", "hour"), [(0, 0), (4, 0), (5, 1), (59, 1), (60, 1)])
def test_an_hour_is_after_a_deploy_that_began_it(late: int, hour: int) -> None:
    """Less than five minutes late is in time."""
    assert first_hour_after(NINE + minutes(late)) == HOUR + hour


def test_alone_a_deploy_has_five_weeks_before_and_a_day_after() -> None:
    """And the hour that it is in the middle of is neither."""
    windows = windows_around(NINE + minutes(20), [])
    assert (windows.first, windows.calm) == (HOUR + 1 - HISTORY_HOURS, windows.first)
    assert (windows.start, windows.end) == (HOUR + 1, HOUR + 25)
    assert windows.group == (NINE + minutes(20),)
    assert windows.mixed == HOUR


def test_other_deploys_end_the_windows() -> None:
    """The level is read from the hours since the one before, and the one after takes the hours that follow it."""
    windows = windows_around(NINE, [NINE - minutes(300), NINE + minutes(190), NINE + minutes(6000)])
    assert (windows.calm, windows.start, windows.end) == (HOUR - 5, HOUR, HOUR + 3)
    assert windows.mixed is None
    assert windows.group == (NINE,)


@pytest.mark.parametrize(("apart", "together"), [(10, True), (60, True), (100, True), (120, False), (150, False)])
def test_less_than_two_whole_hours_apart_deploys_are_one_group(apart: int, together: bool) -> None:
    """Seen from either of them, and from others in a row."""
    other = NINE + minutes(apart)
    expected = (NINE, other) if together else (NINE,)
    assert windows_around(NINE, [other]).group == expected
    assert windows_around(other, [NINE]).group == ((NINE, other) if together else (other,))
    third = other + minutes(60)
    if together:
        assert windows_around(NINE, [other, third]).group == (NINE, other, third)


def test_a_group_is_followed_by_its_own_day() -> None:
    """The evidence comes after the last of them, the first hours after the one that is asked about."""
    windows = windows_around(NINE, [NINE + minutes(60)])
    assert (windows.start, windows.end) == (HOUR, HOUR + 25)


def test_in_a_long_row_only_the_nearest_are_a_group() -> None:
    """Where something is deployed every half hour, day and night, each is still judged by the hours around it."""
    row = [NINE + minutes(30 * number) for number in range(-500, 500) if number]
    windows = windows_around(NINE, row)
    assert windows.group == tuple(NINE + minutes(30 * number) for number in range(-6, 7))
    assert (windows.first, windows.calm) == (HOUR - 3 - HISTORY_HOURS, windows.first)
    assert windows.end == HOUR + 3 + 24

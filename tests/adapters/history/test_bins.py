"""Bins of durations, which tell percentiles within their error."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from adapters.history.bins import ABOVE_COUNTS, ERROR, NO_BIN, bin_of, duration_of, percentiles

PERCENTS = (1, 50, 90, 95, 99, 100)


@given(st.integers(1, 2**31 - 1))
def test_a_bin_tells_every_duration_of_it_within_the_error(duration: int) -> None:
    """From a millisecond to weeks."""
    assert abs(duration_of(bin_of(duration)) - duration) <= duration * (ERROR + 1e-6)


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_a_longer_duration_is_in_no_earlier_bin(one: int, other: int) -> None:
    """So that bins are in the order of what they hold."""
    assert (bin_of(one) <= bin_of(other)) is (one <= other) or bin_of(one) == bin_of(other)


def test_what_has_no_duration_is_in_no_bin() -> None:
    """And what took no time is told as such."""
    assert bin_of(None) == NO_BIN
    assert duration_of(bin_of(0)) == 0


@given(st.lists(st.tuples(st.integers(NO_BIN, 5), st.integers(1, 30)), min_size=1))
def test_percentiles_are_those_of_the_things_in_the_bins(rows: list[tuple[int, int]]) -> None:
    """In whatever order rows come, and however many have a bin in common; what has no duration takes no part."""
    tallied = ",".join(str(number * ABOVE_COUNTS + count) for number, count in rows)
    things = sorted(duration_of(number) for number, count in rows if number != NO_BIN for _ in range(count))
    expected = [things[math.ceil(len(things) * percent / 100) - 1] if things else None for percent in PERCENTS]
    assert percentiles(tallied, PERCENTS) == expected


def test_a_bin_may_hold_as_many_as_a_row_counts() -> None:
    """The largest count stays apart from its bin."""
    tallied = f"{NO_BIN * ABOVE_COUNTS + 2**31 - 1},{7 * ABOVE_COUNTS + 2**31 - 1}"
    assert percentiles(tallied, (99,)) == [duration_of(7)]

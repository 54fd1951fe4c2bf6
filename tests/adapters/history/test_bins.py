"""Bins of durations, which tell percentiles within their error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.history.bins import ERROR, NO_BIN, bin_of, duration_of


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

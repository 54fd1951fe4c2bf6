"""What is usual at a time of day or of the week, as the days and weeks before were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from adapters.cloudlink.local.anomaly.rolling import delayed, means, medians_before, medians_of_known

DAYS, WEEKS = 7, 4
"""Days and weeks before whose same time a row is held against."""
NEIGHBOURS = 2
"""Rows on either side that count as the same time."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Usual:
    """What is expected of each row, and between which values it is usual."""

    expected: Floats
    lowest: Floats
    highest: Floats

    def outside(self, values: Floats) -> Floats:
        """Give how far each value is above or below what is usual."""
        return outside(values, self.lowest, self.highest)


def usual(filled: Floats, rows_of_a_day: int) -> Usual:
    """Go by the seven days before, or by the four weeks before where those were nearer in the last week.

    All is a median over the days or weeks. The first day has no day before: it is held against the rows before.
    """
    by_day = _by_period(filled, medians_before(filled[:rows_of_a_day], rows_of_a_day), DAYS)
    week = 7 * rows_of_a_day
    if len(filled) <= 2 * week:
        return by_day
    by_week = _by_period(filled, by_day.expected[:week], WEEKS)
    nearer = delayed(means(np.abs(filled - by_week.expected) - np.abs(filled - by_day.expected), week), 1, 0.0) < 0
    nearer[: 2 * week] = False
    return Usual(
        np.where(nearer, by_week.expected, by_day.expected),
        np.where(nearer, by_week.lowest, by_day.lowest),
        np.where(nearer, by_week.highest, by_day.highest),
    )


def unexplained(deviations: Floats, rows_of_a_day: int) -> Floats:
    """Give what of each deviation is outside of all those at the same time of the seven days before."""
    lowest, highest = _near(deviations)
    days = [number * rows_of_a_day for number in range(1, DAYS + 1)]
    least = np.min([delayed(lowest, rows, 0.0) for rows in days], axis=0)
    most = np.max([delayed(highest, rows, 0.0) for rows in days], axis=0)
    return outside(deviations, np.minimum(least, 0.0), np.maximum(most, 0.0))


def outside(values: Floats, lowest: Floats, highest: Floats) -> Floats:
    """Give how far each value is above the highest or below the lowest, 0 between them."""
    return np.asarray(np.maximum(values - highest, 0.0) - np.maximum(lowest - values, 0.0))


def _by_period(filled: Floats, at_first: Floats, periods: int) -> Usual:
    """Go by so many periods before, each as long as `at_first`, which is what is usual in the first one."""
    lowest, highest = _near(filled)
    return Usual(*(_median(rows, at_first, periods) for rows in (filled, lowest, highest)))


def _median(rows: Floats, at_first: Floats, periods: int) -> Floats:
    period = len(at_first)
    if period == len(rows):
        return at_first
    before = [delayed(rows, number * period, np.nan)[period:] for number in range(1, periods + 1)]
    return np.concatenate([at_first, medians_of_known(np.array(before))])


def _near(values: Floats) -> tuple[Floats, Floats]:
    """Give the lowest and highest value within two rows of each."""
    windows = sliding_window_view(np.pad(values, NEIGHBOURS, mode="edge"), 2 * NEIGHBOURS + 1)
    return windows.min(axis=1), windows.max(axis=1)

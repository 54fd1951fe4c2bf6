"""Means, medians and spreads of the rows up to each row."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def means(values: Floats, width: int) -> Floats:
    """Average each row with those before it, `width` rows in all, fewer at the start."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - width, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def spreads(values: Floats, width: int) -> Floats:
    """Give the standard deviation of each row and those before it, `width` rows in all, fewer at the start."""
    centred = values - values[0]
    return np.sqrt(np.maximum(means(centred * centred, width) - means(centred, width) ** 2, 0.0))


def medians_before(values: Floats, width: int) -> Floats:
    """Give the median of the `width` rows before each row, fewer at the start; the first row's is itself."""
    padded = np.concatenate([np.full(width, np.nan), values[:-1]])
    padded[width - 1] = values[0]
    return medians_of_known(sliding_window_view(padded, width).T)


def medians_of_known(rows: Floats) -> Floats:
    """Give the median of each column over its rows that are not NaN, of which there is at least one."""
    ordered = np.sort(rows, axis=0)  # NaN comes last; numpy.nanmedian does the same in ten times the time
    known = (~np.isnan(rows)).sum(axis=0)
    middle = np.stack([(known - 1) // 2, known // 2])
    return np.asarray(np.take_along_axis(ordered, middle, axis=0).mean(axis=0))


def delayed(values: Floats, rows: int, fill: float) -> Floats:
    """Give each row what was `rows` rows before, and `fill` where there was nothing."""
    moved = np.full(len(values), fill)
    if rows < len(values):
        moved[rows:] = values[: len(values) - rows]
    return moved

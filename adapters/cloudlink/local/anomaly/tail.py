"""How rare a value is beside those before it, as a z-score.

The tail beyond the 95 % point of the past is taken as exponential, with the mean excess over that point as its scale
(peaks over threshold; Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", 2017).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri_exp

QUANTILE = 0.95
ROWS_AT_ONCE = 4
"""So many rows are held against the same past, that before the first of them."""
LEAST_PAST = 20
LARGEST_Z = 10.0

Floats = NDArray[np.float64]


def rarity(values: Floats, known: NDArray[np.bool_], floors: Floats, window: int, first: int = 0) -> Floats:
    """Give the z-score of each value from row `first` on against the `window` rows before, 0 within their usual range.

    Both tails count. Rows that are not `known` score 0 and are no past; `floors` is the least scale at each row, so
    that a series that never moved has one.
    """
    found = np.zeros(len(values))
    start = max(first, LEAST_PAST)
    for begin in range(start - start % ROWS_AT_ONCE, len(values), ROWS_AT_ONCE):
        past = values[max(0, begin - window) : begin]
        past = past[known[max(0, begin - window) : begin]]
        if len(past) < LEAST_PAST:
            continue
        rows = slice(begin, begin + ROWS_AT_ONCE)
        found[rows] = _rarity(values[rows], np.sort(past), floors[begin])
    return np.where(known, found, 0.0)


def _rarity(values: Floats, ordered: Floats, floor: float) -> Floats:
    """Give the z-scores of values against an ordered past."""
    least, most = np.quantile(ordered, [1 - QUANTILE, QUANTILE])
    above = ordered[np.searchsorted(ordered, most, "right") :] - most
    below = least - ordered[: np.searchsorted(ordered, least, "left")]
    return np.maximum(
        _beyond(values - most, above, len(ordered), floor), _beyond(least - values, below, len(ordered), floor)
    )


def _beyond(over: Floats, excess: Floats, count: int, floor: float) -> Floats:
    """Give the z-scores of what is `over` the limit that `count` past values had this `excess` over."""
    scale = max((excess.sum() + floor) / (len(excess) + 1), floor)
    log_probability = np.log(max(len(excess), 1) / count) - np.maximum(over, 0) / scale
    return np.where(over > 0, np.minimum(-ndtri_exp(log_probability), LARGEST_Z), 0.0)

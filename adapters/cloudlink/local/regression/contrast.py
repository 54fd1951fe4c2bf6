"""How far the hours after a deploy lie above those before it, held against the same comparison at earlier times."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from adapters.cloudlink.local.regression.season import STRAY, Hours, spread

LOOKBACKS = (8, 24, 72, 168)
"""Hours before that the level may be read from: the fewest are the noisiest, the most the slowest to follow it."""
LEAST_COMPARISONS = 48
LEAST_NEIGHBOURS = 12
FEW_COMPARISONS = 1.3
"""What the noise is taken for, over that of independent hours, where there are too few comparisons to know."""
SETTLED = 3.0
"""Deviations that the last hours may be away from a level for it to be still the present one."""

ROUNDING = 1e-9


@dataclass(frozen=True)
class Contrast:
    """In logarithms: the `level` before, the `rise` of the hours after over it, and the `noise` of such a rise."""

    level: float
    rise: float
    noise: float

    @property
    def deviations(self) -> float:
        """The rise in units of the noise."""
        if self.noise <= 0:
            return np.inf if self.rise > ROUNDING else 0.0
        return self.rise / self.noise

    def above(self, height: float) -> Contrast:
        """Give the contrast with a level that is higher by so much, if it is."""
        higher = max(height, 0.0)
        return Contrast(self.level + higher, self.rise - higher, self.noise)


def contrast(before: Hours, calm: int, after: Hours) -> Contrast:
    """Compare hours after with those before, of which the last `calm` may show the level; NaN is unknown.

    The level is read from as many hours as have told earlier hours best, and as agree with the last ones.
    """
    hourly = hourly_noise(before)
    shown = float(np.nanmean(after))
    found: list[Contrast] = []
    for lookback in sorted({min(hours, calm) for hours in LOOKBACKS}):
        level = mean_without_strays(before[-lookback:])
        if np.isnan(level) or (found and not _settled(before, lookback)):
            continue
        usual, noise = _at_earlier_times(before, lookback, len(after), hourly)
        found.append(Contrast(level, shown - level - usual, noise))
    return min(found, key=lambda candidate: candidate.noise)


def hourly_noise(values: Hours) -> float:
    """Give the deviation of an hour from its neighbours, or from all where few have any; NaN is unknown."""
    steps = np.diff(values)
    few = np.count_nonzero(~np.isnan(steps)) < LEAST_NEIGHBOURS
    return spread(values) if few else spread(steps) / math.sqrt(2)


def _at_earlier_times(before: Hours, lookback: int, length: int, hourly: float) -> tuple[float, float]:
    """Give the median and the noise of the comparison at every earlier hour."""
    independent = hourly * math.sqrt(1 / length + 1 / lookback)
    if len(before) < lookback + length + LEAST_COMPARISONS:
        return 0.0, FEW_COMPARISONS * independent
    steady = _without_strays(before, hourly)
    rises = _means(steady, length)[lookback:] - _means(steady, lookback)[: len(steady) - lookback - length + 1]
    rises = rises[~np.isnan(rises)]
    if len(rises) < LEAST_COMPARISONS:
        return 0.0, FEW_COMPARISONS * independent
    return float(np.median(rises)), max(spread(rises), independent)


def _settled(before: Hours, lookback: int) -> bool:
    """Whether the last eight hours agree with a level, as they usually do."""
    last = LOOKBACKS[0]
    if len(before) < lookback + LEAST_COMPARISONS:
        return True
    apart = _means(before, last)[lookback - last :] - _means(before, lookback)
    return bool(abs(apart[-1]) <= SETTLED * spread(apart) + ROUNDING) or bool(np.isnan(apart[-1]))


def mean_without_strays(values: Hours) -> float:
    """Give the mean, with values beyond three deviations brought back to there; NaN is unknown."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan
    middle, reach = np.median(known), STRAY * spread(known)
    return float(np.clip(known, middle - reach, middle + reach).mean())


def _without_strays(values: Hours, hourly: float) -> Hours:
    """Bring hours that stand out of both their neighbours back to the higher or lower one of them."""
    padded = np.pad(values, 1, mode="edge")
    low, high = np.fmin(padded[:-2], padded[2:]), np.fmax(padded[:-2], padded[2:])
    return np.clip(values, low - STRAY * hourly, high + STRAY * hourly)


def _means(values: Hours, length: int) -> Hours:
    """Give the mean of every stretch; NaN where less than half of it is known."""
    known = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    count = counts[length:] - counts[:-length]
    return np.where(2 * count >= length, (sums[length:] - sums[:-length]) / np.maximum(count, 1), np.nan)

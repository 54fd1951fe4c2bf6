"""The pattern of day and week in a series of logarithms: what an hour of the week adds to the level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.float64]
Numbers = NDArray[np.int64]

DAY, WEEK = 24, 168
PASSES = 3
STRAY = 3.0
"""Standard deviations beyond which an hour counts as a stray one, and as no more than that far away."""
COARSE = 6
"""Hours from one reading of the running level to the next."""


def learn_season(numbers: Numbers, logs: Hours) -> Hours:
    """Give what each of the 168 hours of the week adds, the first being that of hour number 0; NaN is unknown.

    Hour of day, day of week and hour of week are shrunk by how badly they repeat (James-Stein), down to nothing.
    """
    known = ~np.isnan(logs)
    numbers, logs = numbers[known], logs[known]
    season = np.zeros(WEEK)
    for _ in range(PASSES):
        rest = logs - _running_level(numbers, logs - season[numbers % WEEK])
        usual = _usual(numbers, rest)
        reach = STRAY * spread(rest - usual)
        rest = np.clip(rest, usual - reach, usual + reach)
        of_hour = _shrunk_means(numbers % DAY, rest, DAY)
        rest = rest - of_hour[numbers % DAY]
        of_day = _shrunk_day_means(numbers, rest)
        rest -= of_day[numbers % WEEK // DAY]
        season = np.tile(of_hour, 7) + np.repeat(of_day, DAY) + _shrunk_means(numbers % WEEK, rest, WEEK)
    return season


def spread(values: Hours) -> float:
    """Give the standard deviation that the median distance from the median stands for; NaN is unknown."""
    known = values[~np.isnan(values)]
    return float(1.4826 * np.median(np.abs(known - np.median(known)))) if len(known) else 0.0


def _usual(numbers: Numbers, rest: Hours) -> Hours:
    """Give the median of the same hour of the week, or that of the date and hour where there are too few weeks."""
    of_week = _slot_medians(numbers % WEEK, rest, WEEK)[numbers % WEEK]
    dates = numbers // DAY - numbers[0] // DAY
    of_date = np.nan_to_num(_slot_medians(dates, rest, dates[-1] + 1))[dates]
    of_hour = _slot_medians(numbers % DAY, rest - of_date, DAY)[numbers % DAY]
    usual = np.where(np.isnan(of_week), of_date + of_hour, of_week)
    return np.where(np.isnan(usual), rest, usual)


def _slot_medians(slots: Numbers, values: Hours, count: int) -> Hours:
    """Give each slot's median; NaN where it was not seen three times."""
    order = np.lexsort((values, slots))
    seen = np.bincount(slots, minlength=count)
    ends = np.cumsum(seen)
    ordered = values[order]
    middle = np.minimum(ends - seen + seen // 2, len(values) - 1)
    lower = np.minimum(ends - seen + np.maximum(seen - 1, 0) // 2, len(values) - 1)
    return np.where(seen > 2, (ordered[middle] + ordered[lower]) / 2, np.nan)  # noqa: PLR2004 - three have a middle


def _running_level(numbers: Numbers, logs: Hours) -> Hours:
    """Give the running median over a week, which neither smears a step nor follows a spike."""
    since = numbers - numbers[0]
    dense = np.interp(np.arange(since[-1] + 1), since, logs)
    width = min(WEEK, len(dense))
    centres = np.arange(0, len(dense), COARSE)
    starts = np.clip(centres - width // 2, 0, len(dense) - width)
    medians: Hours = np.median(np.lib.stride_tricks.sliding_window_view(dense, width)[starts], axis=1)
    return np.asarray(np.interp(since, centres, medians))


def _shrunk_means(slots: Numbers, values: Hours, count: int) -> Hours:
    """Give each slot's mean, less the share of it that chance explains; a slot that was not seen twice has none."""
    seen = np.bincount(slots, minlength=count)
    means = np.bincount(slots, values, minlength=count) / np.maximum(seen, 1)
    repeated = seen > 1
    if not repeated.any():
        return np.zeros(count)
    chance = float(((values - means[slots])[repeated[slots]] ** 2).sum() / (seen[repeated] - 1).sum())
    of_chance = chance / np.maximum(seen, 1)
    of_season = max(float((means**2 - of_chance)[repeated].mean()), 0.0)
    total = of_season + of_chance
    share = np.divide(of_season, total, out=np.zeros(count), where=total > 0)
    return np.where(repeated, means * share, 0.0)


def _shrunk_day_means(numbers: Numbers, values: Hours) -> Hours:
    days = numbers // DAY - numbers[0] // DAY
    seen = np.bincount(days)
    means = np.bincount(days, values) / np.maximum(seen, 1)
    full = np.flatnonzero(seen >= DAY // 2)
    return _shrunk_means((full + numbers[0] // DAY) % 7, means[full], 7)

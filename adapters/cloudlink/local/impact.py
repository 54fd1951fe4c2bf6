"""What a deploy did to the hourly cost of its service, as a share of what the hours would have cost without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.cloudlink.local.series import CostSeries

AFTER = 24
"""Hours after a deploy that are looked at, at most: the next deploy ends them."""
LEAST_AFTER = 3
DAY, WEEK = 24, 168
LEAST_IMPACT, LARGEST_IMPACT = -0.5, 2.0
"""One deploy counts for no more: so large a change is rarely the deploy's alone."""
LEAST_USD = 1e-4
"""Below it an hour's cost is nothing, which nothing is a share of."""

Floats = NDArray[np.float64]


def deploy_impacts(series: CostSeries, deploy_hours: Sequence[int], most: int) -> list[float]:
    """Measure the newest deploys of which enough hours are known, at most so many: 0.1 is a rise by 10 %.

    `deploy_hours` are the numbers of the hours that the deploys lie in: the hour after is the first that shows them.
    """
    hours = sorted(set(deploy_hours))
    ends = [*hours, series.end_hour][1:]
    found: list[float] = []
    for hour, end in reversed(list(zip(hours, ends, strict=True))):
        impact = _impact(series, hour, min(hour + AFTER, end - 1))
        if impact is not None:
            found.append(impact)
        if len(found) == most:
            break
    return found


def _impact(series: CostSeries, hour: int, last: int) -> float | None:
    """Compare the hours after `hour` until `last` with a week before, brought to the level just before the deploy."""
    after = _between(series, hour + 1, last + 1)
    expected = _between(series, hour + 1 - WEEK, last + 1 - WEEK)
    week_before = _between(series, hour - WEEK - DAY, hour - WEEK)
    level = _mean_ratio(_between(series, hour - DAY, hour), week_before)
    if level is None or (~np.isnan(after) & ~np.isnan(expected)).sum() < LEAST_AFTER:
        before = _between(series, hour - WEEK, hour)
        expected, level = _by_time_of_day(before, len(after)), 1.0
    if (~np.isnan(after) & ~np.isnan(expected)).sum() < LEAST_AFTER:
        return None
    ratio = _mean_ratio(after, expected * level)
    return None if ratio is None else float(np.clip(ratio - 1, LEAST_IMPACT, LARGEST_IMPACT))


def _between(series: CostSeries, first: int, end: int) -> Floats:
    """Give the hours from `first` to before `end`, NaN where they are not known."""
    found = np.full(max(end - first, 0), np.nan)
    begin, stop = max(first, series.first_hour), min(end, series.end_hour)
    if begin < stop:
        found[begin - first : stop - first] = series.usd[begin - series.first_hour : stop - series.first_hour]
    return found


def _by_time_of_day(before: Floats, count: int) -> Floats:
    """Give the mean of each time of day over the days before, for the hours that follow the one after them."""
    known = ~np.isnan(before)
    days = np.where(known, before, 0.0).reshape(-1, DAY)
    counted = known.reshape(-1, DAY).sum(axis=0)
    means = np.where(counted > 0, days.sum(axis=0) / np.maximum(counted, 1), np.nan)
    return np.asarray(np.roll(means, -1)[np.arange(count) % DAY])


def _mean_ratio(above: Floats, below: Floats) -> float | None:
    """Divide two means over the hours that both know; None where there are none, or the lower one is nothing."""
    both = ~np.isnan(above) & ~np.isnan(below)
    if not both.any() or below[both].mean() < LEAST_USD:
        return None
    return float(above[both].mean() / below[both].mean())

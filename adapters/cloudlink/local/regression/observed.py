"""The costs around a deploy as arrays, and what the hours after it would have cost without it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from adapters.cloudlink.local.regression.contrast import Contrast, contrast, hourly_noise, mean_without_strays
from adapters.cloudlink.local.regression.season import DAY, WEEK, Hours, learn_season
from adapters.cloudlink.local.regression.windows import Windows, first_hour_after
from adapters.cloudlink.local.series import CostSeries

BASELINE_HOURS = 168
LEAST_BASELINE_HOURS = 24
POST_HOURS = 3
LEAST_POST_HOURS = 2
LOOKS = (24, 12, 6, 3, 2)
"""After how many hours a rise is looked at: at each of them chance has one more go."""
FLOOR = 0.02
"""The share of the mean hour that stands for hours without a cost, which have no logarithm."""
FEW_DAYS = 3
"""With fewer, no hour of the day has been seen often enough to know it: yesterday's stands for it."""
FEW_WEEKS = 2
"""With fewer, no day of the week has been seen twice: the dearest day of the last week stands for it."""
MOST_NOISE = 0.35
"""Beyond it, an average of logarithms says too little of an average to be corrected for."""


@dataclass(frozen=True)
class Observed:
    """What is known of a service's costs before `end`, in USD an hour; NaN where unknown."""

    series: CostSeries
    windows: Windows
    end: int

    @cached_property
    def before(self) -> Hours:
        """The hours before, from the first known one on."""
        hours = self._clear[: self._group_starts - self.windows.first]
        known = np.flatnonzero(~np.isnan(hours))
        return hours[known[0] :] if len(known) else hours[:0]

    @cached_property
    def first_hours(self) -> Hours:
        """The first three hours after, as far as they are there."""
        start = self.windows.start - self.windows.first
        return self._clear[start : start + POST_HOURS]

    @property
    def baseline_hours(self) -> int:
        """How many of the 168 hours before are known."""
        return int((~np.isnan(self.before[-BASELINE_HOURS:])).sum())

    @property
    def post_hours(self) -> int:
        """How many of the first three hours after are known, and after the last deploy of the group."""
        last = first_hour_after(self.windows.group[-1]) - self.windows.first
        return int(min((~np.isnan(hours)).sum() for hours in (self.first_hours, self._clear[last : last + POST_HOURS])))

    @property
    def tells(self) -> bool:
        """Whether enough is known before the deploy, since the one before it, and after it."""
        since_last = self.before[-self._calm_hours :]
        enough = self.baseline_hours >= LEAST_BASELINE_HOURS and self.post_hours >= LEAST_POST_HOURS
        return enough and not bool(np.isnan(since_last).all())

    @property
    def was_free(self) -> bool:
        """Whether it cost nothing before."""
        return self._floor <= 0

    @cached_property
    def contrast(self) -> Contrast:
        """The hours after all deploys of the group against those before them, their season taken off."""
        after = self.rest_after
        look = next(look for look in LOOKS if look <= len(after))
        found = contrast(self._rest[: len(self.before)], self._calm_hours, after[:look])
        return found.above(self._highest_day() - found.level)

    @cached_property
    def rest_after(self) -> Hours:
        """The logarithms of the hours after all deploys of the group, their season taken off."""
        return self._rest[first_hour_after(self.windows.group[-1]) - self._known_from :]

    def rest_between(self, first: int, end: int) -> Hours:
        """Give the logarithms of a range of hours, their season taken off, those with a deploy in them too."""
        usd = _cut(self.series, first, min(end, self.end))
        return np.log(np.maximum(usd, self._floor)) - self._season[np.arange(first, first + len(usd)) % WEEK]

    def expected_usd(self) -> float:
        """Give the mean that the known ones of the first hours would have had: the season at the level before."""
        known = ~np.isnan(self.first_hours)
        numbers = self.windows.start + np.flatnonzero(known)
        chance = min(hourly_noise(self._rest[: len(self.before)]), MOST_NOISE) ** 2 / 2
        expected = float(np.exp(self._season[numbers % WEEK] + self.contrast.level + chance).mean())
        if len(self.before) >= FEW_DAYS * DAY:
            return expected
        yesterday = _cut(self.series, self.windows.start - DAY, self.windows.start - DAY + len(known))[known]
        return expected if np.isnan(yesterday).all() else max(expected, float(np.nanmean(yesterday)))

    def _highest_day(self) -> float:
        """Give the level of the highest day of the last week, where its days have not been seen to repeat."""
        if len(self.before) >= FEW_WEEKS * WEEK:
            return -np.inf
        days = min(len(self.before), WEEK) // DAY
        hours = self._rest[len(self.before) - days * DAY : len(self.before)].reshape(days, DAY)
        full = hours[(~np.isnan(hours)).sum(axis=1) >= DAY // 2]
        return max((mean_without_strays(day) for day in full), default=-np.inf)

    @cached_property
    def _group_starts(self) -> int:
        return first_hour_after(self.windows.group[0])

    @cached_property
    def _calm_hours(self) -> int:
        """How many of the hours before lie after the last earlier deploy."""
        return min(self._group_starts - self.windows.calm, len(self.before))

    @cached_property
    def _known_from(self) -> int:
        return self._group_starts - len(self.before)

    @cached_property
    def _clear(self) -> Hours:
        """The hours from the windows' first on, without the one in the middle of which the group began."""
        usd = _cut(self.series, self.windows.first, max(self.end, self._group_starts))
        if self.windows.mixed is not None:
            usd[self.windows.mixed - self.windows.first] = np.nan
        return usd

    @cached_property
    def _floor(self) -> float:
        return FLOOR * float(np.nanmean(np.maximum(self.before[-BASELINE_HOURS:], 0)))

    @cached_property
    def _logs(self) -> Hours:
        return np.log(np.maximum(self._clear[self._known_from - self.windows.first :], self._floor))

    @cached_property
    def _season(self) -> Hours:
        return learn_season(np.arange(self._known_from, self._group_starts), self._logs[: len(self.before)])

    @cached_property
    def _rest(self) -> Hours:
        return self._logs - self._season[np.arange(self._known_from, self._known_from + len(self._logs)) % WEEK]


def _cut(series: CostSeries, first: int, end: int) -> Hours:
    """Give the costs of a range of hours."""
    usd = np.full(max(end - first, 0), np.nan)
    low, high = max(first, series.first_hour), min(end, series.end_hour)
    if low < high:
        usd[low - first : high - first] = series.usd[low - series.first_hour : high - series.first_hour]
    return usd

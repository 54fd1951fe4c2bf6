"""Whether a deploy made its service dearer: the hours after it against what they would have cost without it.

Documented: the mean of the first 3 hours after, over 10 % above that of the 168 hours before. On a series that is flat
before the deploy this is just that; otherwise what is expected follows day, week and level, and the rise has to stand
out of the series' own noise, to last, and to begin with this deploy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.regression.judgement import CLEAN, Judgement
from adapters.cloudlink.local.regression.observed import BASELINE_HOURS, POST_HOURS, Observed
from adapters.cloudlink.local.regression.windows import first_hour_after, windows_around
from adapters.cloudlink.local.series import CostSeries

LEAST_RISE = 0.10
ROUNDING = 1e-9
LEAST_DEVIATIONS = 3.0
LEAST_EARLY_DEVIATIONS = 4.0
"""The same while the third hour is still to come."""
LASTING_SHARE = 0.5
"""What has to be left of the rise of the first hours, in logarithms, without the dearest hour."""
HALF_SURE = 2.0
"""The deviations at which a rise is as sure as not, given all the data that there can be."""
LATE_HOURS = 24
"""How late costs may come in: bills lag a day behind."""
GIVEN_UP_HOURS = 168


def judge(series: CostSeries, deployed_at: datetime, others: Sequence[datetime], now: datetime) -> Judgement | None:
    """Judge a deploy by the costs of its service; None while too little is known and more may come.

    `others` are the moments of the service's other deploys. An hour that is not over at `now` does not count. Where
    costs have gone on for a week without telling enough, the deploy is clean.
    """
    windows = windows_around(deployed_at, others)
    end = min(series.end_hour, hour_number(now), windows.end)
    observed = Observed(series, windows, end)
    if not observed.tells:
        return CLEAN if series.end_hour >= windows.start + GIVEN_UP_HOURS else None
    baseline_usd = 0.0 if observed.was_free else observed.expected_usd()
    post_usd = float(np.nanmean(observed.first_hours))
    risen = post_usd > baseline_usd * (1 + LEAST_RISE + ROUNDING)
    if risen and _begins_here(observed, deployed_at):
        if _stands_out(observed, post_usd, baseline_usd):
            score = _score(observed)
            return Judgement(
                regressed=True, baseline_usd=baseline_usd, post_usd=post_usd, confidence_score=round(score, 3)
            )
        awaited = windows.end
    else:
        awaited = min(windows.start + POST_HOURS, windows.end)
    return None if end < awaited and hour_number(now) < awaited + LATE_HOURS else CLEAN


def _stands_out(observed: Observed, post_usd: float, baseline_usd: float) -> bool:
    """Whether a rise is more than chance, and more than one dear hour."""
    if observed.was_free:
        return bool(np.nanmin(observed.first_hours) > 0)
    after = np.sort(observed.rest_after[~np.isnan(observed.rest_after)])
    left = float(after[:-1].mean()) - observed.contrast.level
    lasts = left >= LASTING_SHARE * math.log(post_usd / baseline_usd)
    least = LEAST_EARLY_DEVIATIONS if len(after) < POST_HOURS else LEAST_DEVIATIONS
    return lasts and observed.contrast.deviations > least


def _begins_here(observed: Observed, deployed_at: datetime) -> bool:
    """Whether the hours between deploys near each other tell of a rise with this one rather than another of them.

    Where they don't tell, it is put to the latest.
    """
    group = observed.windows.group
    if len(group) == 1 or observed.was_free:
        return deployed_at == group[-1]
    first, end = hour_number(group[0]), first_hour_after(group[-1])
    seen = observed.rest_between(first, end) - observed.contrast.level
    numbers = np.arange(first, first + len(seen))

    def distance(moment: datetime) -> float:
        share_after = np.clip(numbers + 1 - moment.timestamp() / 3600, 0, 1)
        return float(np.nansum((seen - np.log1p(np.expm1(observed.contrast.rise) * share_after)) ** 2))

    return deployed_at == min(reversed(group), key=distance)


def _score(observed: Observed) -> float:
    """Weigh how much data there is and how far outside the noise it lies."""
    data = math.sqrt(min(observed.baseline_hours / BASELINE_HOURS, 1) * observed.post_hours / POST_HOURS)
    if observed.was_free or math.isinf(observed.contrast.deviations):
        return data
    return data * observed.contrast.deviations / (observed.contrast.deviations + HALF_SURE)

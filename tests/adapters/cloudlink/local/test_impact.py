"""What a deploy did to the cost of its service."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.cloudlink.local.impact import deploy_impacts
from adapters.cloudlink.local.series import CostSeries

FIRST_HOUR = 490_056  # a Monday
HOURS = 28 * 24


def usual(noise: float = 0.03) -> NDArray[np.float64]:
    """Four weeks with a day, a weekend at half the cost, and some noise."""
    hour = np.arange(HOURS)
    day = 1 + 0.4 * np.sin(2 * np.pi * hour / 24)
    week = np.where((hour // 24) % 7 >= 5, 0.5, 1.0)
    return 10 * day * week * np.exp(np.random.default_rng(0).normal(0, noise, HOURS))


def impacts(usd: NDArray[np.float64], *hours: int, most: int = 10) -> list[float]:
    return deploy_impacts(CostSeries("EC2", FIRST_HOUR, usd), [FIRST_HOUR + hour for hour in hours], most)


@pytest.mark.parametrize("hour", [500, 510, 525, 590, 600, 620])
@pytest.mark.parametrize("factor", [0.7, 1.0, 1.5])
def test_an_effect_is_told_from_the_time_of_day_and_week(hour: int, factor: float) -> None:
    """A deploy before a weekend, after one, by day and by night."""
    usd = usual()
    usd[hour + 1 :] *= factor
    assert impacts(usd, hour) == [pytest.approx(factor - 1, abs=0.06)]


def test_the_newest_deploys_are_measured_first() -> None:
    """Each until the next one, at most so many."""
    usd = usual()
    usd[501:] *= 1.2
    usd[521:] *= 1.5
    assert impacts(usd, 500, 520) == [pytest.approx(0.5, abs=0.06), pytest.approx(0.2, abs=0.06)]
    assert len(impacts(usd, 500, 520, most=1)) == 1
    assert len(impacts(usd, 500, 500, 500)) == 1


def test_without_a_week_before_the_days_before_tell() -> None:
    """A service that is three days old has a time of day already."""
    usd = usual()[: 4 * 24]
    usd[73:] *= 1.5
    assert impacts(usd, 72) == [pytest.approx(0.5, abs=0.08)]


def test_a_deploy_without_enough_hours_is_not_measured() -> None:
    """Neither the newest ones, nor the first hours, nor one that the next followed at once."""
    assert impacts(usual(), HOURS - 1, HOURS - 3) == []
    assert impacts(usual(), 0) == []
    assert len(impacts(usual(), 500, 502)) == 1
    usd = usual()
    usd[501:530] = np.nan
    assert impacts(usd, 500) == []


def test_one_deploy_counts_for_so_much_only() -> None:
    """A cost that was nothing before is no share of it."""
    usd = usual()
    usd[501:] *= 100
    assert impacts(usd, 500) == [2.0]
    assert impacts(np.zeros(HOURS), 500) == []

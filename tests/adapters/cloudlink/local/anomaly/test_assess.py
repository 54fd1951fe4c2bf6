"""What is said of a service's latest hour."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.cloudlink.local.anomaly.assess import LEAST_HOURS, assess
from adapters.cloudlink.local.hours import hour_start
from adapters.cloudlink.local.series import CostSeries

FIRST_HOUR = 490_056  # a Monday
HOURS = 840


def usual(hours: int = HOURS, usd: float = 10.0, seed: int = 0) -> NDArray[np.float64]:
    """Costs with a day, a weekend and five per cent of noise."""
    hour = np.arange(hours)
    day = 1 + 0.3 * np.sin(2 * np.pi * hour / 24)
    week = np.where((hour // 24) % 7 >= 5, 0.7, 1.0)
    return usd * day * week * np.exp(np.random.default_rng(seed).normal(0, 0.05, hours))


def series(usd: NDArray[np.float64]) -> CostSeries:
    return CostSeries("Amazon EC2", FIRST_HOUR, usd)


def test_a_usual_hour_fits() -> None:
    """Every hour of the last day, weekend or not, is near what was expected."""
    for end in range(HOURS - 24, HOURS):
        assessment = assess(series(usual()[:end]))
        assert assessment.has_data
        assert not assessment.is_anomaly
        assert assessment.severity is None
        assert assessment.expected_usd == pytest.approx(assessment.actual_usd, rel=0.35)


def test_a_rise_is_told_with_its_figures() -> None:
    """Expected and actual cost, the change, the month's impact, and the components of the score."""
    usd = usual()
    usd[-1] *= 5
    assessment = assess(series(usd))
    assert (assessment.is_anomaly, assessment.severity, assessment.direction) == (True, "critical", "spike")
    assert assessment.actual_usd == usd[-1]
    assert assessment.expected_usd == pytest.approx(usd[-1] / 5, rel=0.2)
    assert assessment.change_pct == pytest.approx(400, rel=0.3)
    assert assessment.monthly_impact_usd == pytest.approx(720 * 0.8 * usd[-1], rel=0.1)
    assert assessment.hour == hour_start(FIRST_HOUR + HOURS - 1)
    assert set(assessment.components) == {"seasonal", "spike", "shift", "spread"}
    assert assessment.z_score == pytest.approx(sum(assessment.components.values()) / 2, abs=0.02)


def test_an_outage_is_a_drop() -> None:
    """An hour that costs nothing is the loss of its usual cost."""
    usd = usual()
    usd[-1] = 0
    assessment = assess(series(usd))
    assert (assessment.is_anomaly, assessment.direction, assessment.change_pct) == (True, "drop", -100.0)
    assert assessment.monthly_impact_usd is not None
    assert assessment.monthly_impact_usd < 0


@pytest.mark.parametrize(("usd", "severity"), [(0.0005, None), (0.01, "medium"), (0.1, "high"), (10.0, "critical")])
def test_severity_is_bound_by_the_money(usd: float, severity: str | None) -> None:
    """The same rise by half a cent is none, and a critical one where it comes to a thousand USD a month."""
    costs = usual(usd=usd)
    costs[-1] *= 6
    assert assess(series(costs)).severity == severity


def test_a_first_cost_after_nothing_is_an_anomaly() -> None:
    """It is a change of a hundred per cent: there is nothing to divide by."""
    usd = np.zeros(HOURS)
    assert not assess(series(usd)).is_anomaly
    usd[-1] = 5
    assessment = assess(series(usd))
    assert (assessment.is_anomaly, assessment.change_pct, assessment.expected_usd) == (True, 100.0, 0.0)


def test_two_days_are_needed() -> None:
    """Known hours count: those that are not known say nothing."""
    assert not assess(series(usual(LEAST_HOURS - 1))).has_data
    assert assess(series(usual(LEAST_HOURS))).has_data
    holes = usual(200)
    holes[: 200 - LEAST_HOURS + 1] = np.nan
    assert not assess(series(holes)).has_data


def test_gaps_do_not_matter() -> None:
    """With a tenth of the hours unknown, among them the last, the latest known hour is told of."""
    usd = usual()
    usd[np.random.default_rng(2).random(HOURS) < 0.1] = np.nan
    usd[-2:] = 50, np.nan
    assessment = assess(series(usd))
    assert assessment.is_anomaly
    assert assessment.hour == hour_start(FIRST_HOUR + HOURS - 2)


def test_an_hour_that_still_runs_is_no_drop() -> None:
    """It can only become dearer: the hour before is told of, unless it is too dear already."""
    usd = usual()
    running = FIRST_HOUR + HOURS - 1
    usd[-1] = 0.1
    assessment = assess(series(usd), now_hour=running)
    assert (assessment.is_anomaly, assessment.hour) == (False, hour_start(running - 1))
    usd[-1] = 60
    assessment = assess(series(usd), now_hour=running)
    assert (assessment.is_anomaly, assessment.hour) == (True, hour_start(running))


def test_the_hour_after_a_spike_fits_again() -> None:
    """What the hours before did is not held against it."""
    usd = usual()
    usd[-6] *= 5
    assert not assess(series(usd)).is_anomaly

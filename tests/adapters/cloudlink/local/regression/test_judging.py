"""What is told of a deploy by its service's costs, in small series whose answer is plain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.regression.judgement import Judgement
from adapters.cloudlink.local.regression.judging import judge
from adapters.cloudlink.local.series import CostSeries
from adapters.confidence import Confidence

DEPLOYED_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)  # a Thursday
MONTH = timedelta(days=30)
NAN = float("nan")


def judged(
    before: Sequence[float] | NDArray[np.float64],
    after: Sequence[float] | NDArray[np.float64],
    others: Sequence[timedelta] = (),
    *,
    deployed_at: datetime = DEPLOYED_AT,
    seen_after: timedelta = MONTH,
) -> Judgement | None:
    """Judge a deploy between two stretches of hours."""
    usd = np.concatenate([np.asarray(before, dtype=float), np.asarray(after, dtype=float)])
    series = CostSeries("Amazon EC2", hour_number(DEPLOYED_AT) - len(before), usd)
    return judge(series, deployed_at, [deployed_at + apart for apart in others], deployed_at + seen_after)


def regressed(judgement: Judgement | None) -> bool | None:
    return None if judgement is None else judgement.regressed


def daily(days: int) -> NDArray[np.float64]:
    """Write days that end as the deploy begins: 10 USD an hour, and 20 from nine to five."""
    hours = (np.arange(-days * 24, 24) + DEPLOYED_AT.hour) % 24
    return np.where((hours >= 9) & (hours < 17), 20.0, 10.0)


@pytest.mark.parametrize("hours", [24, 30, 48, 100, 168, 500, 2000])
@pytest.mark.parametrize("usd", [0.00001, 1.0, 12_345.678])
@pytest.mark.parametrize(
    ("rise", "expected"), [(0.9, False), (1.0, False), (1.0999, False), (1.1, False), (1.1001, True), (3, True)]
)
def test_on_a_flat_series_it_is_the_documented_rule(hours: int, usd: float, rise: float, expected: bool) -> None:
    """Over 10 % above the mean of the hours before is one, 10 % is none, with the documented figures."""
    judgement = judged([usd] * hours, [usd * rise] * 3)
    assert regressed(judgement) is expected
    if judgement is not None and expected:
        assert judgement.baseline_usd == pytest.approx(usd)
        assert judgement.post_usd == pytest.approx(usd * rise)
        assert judgement.change_pct == pytest.approx(100 * (rise - 1))
        assert judgement.monthly_impact_usd == pytest.approx(720 * usd * (rise - 1))


def test_only_the_last_week_is_the_baseline() -> None:
    """What it cost before that, more or less, changes nothing on a flat week."""
    for long_ago in (1.0, 1000.0):
        before = [long_ago] * 700 + [10.0] * 168
        judgement = judged(before, [12.0] * 3)
        assert regressed(judgement) is True
        assert judgement is not None
        assert judgement.baseline_usd == pytest.approx(10)
        assert regressed(judged(before, [10.9] * 3)) is False


def test_only_the_first_three_hours_are_the_deploys() -> None:
    """Their mean is reported, whatever comes after."""
    judgement = judged([10.0] * 200, [14, 15, 16, *[30] * 40])
    assert judgement is not None
    assert judgement.post_usd == pytest.approx(15)
    assert regressed(judged([10.0] * 200, [10, 10, 10, *[30] * 40])) is False


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([10.0] * 23, [20.0] * 3, None),
        ([10.0] * 24, [20.0] * 3, True),
        ([10.0] * 24, [20.0], None),
        ([10.0] * 24, [20.0, 20.0], True),
        ([10.0] * 24, [20.0, NAN, 20.0], True),
        ([10.0] * 24, [NAN, NAN, 20.0, 20.0], None),
        ([10.0] * 40 + [NAN] * 160, [20.0] * 3, None),
        ([10.0] * 40 + [NAN] * 100, [20.0] * 3, True),
        ([], [20.0] * 3, None),
    ],
)
def test_it_takes_a_day_before_and_two_hours_after(
    before: list[float], after: list[float], expected: bool | None
) -> None:
    """Hours count by the clock: those that are missing do not make room for older ones."""
    assert regressed(judged(before, after)) is expected


def test_a_deploy_that_costs_will_never_tell_of_is_clean() -> None:
    """Once they have gone on for a week after it."""
    assert judged([10.0] * 5, [20.0] * 167) is None
    assert regressed(judged([10.0] * 5, [20.0] * 168)) is False


def test_an_hour_that_is_not_over_does_not_count() -> None:
    """The cost of the present hour is still growing."""
    after = [20.0, 20.0, 2.0]
    assert judged([10.0] * 200, after[:2], seen_after=timedelta(minutes=119)) is None
    assert regressed(judged([10.0] * 200, after, seen_after=timedelta(minutes=121))) is True


def test_a_rise_may_take_three_hours_to_show() -> None:
    """After two hours without one, the third is waited for, but not for ever."""
    assert judged([10.0] * 200, [10.0, 10.0], seen_after=timedelta(hours=2)) is None
    assert regressed(judged([10.0] * 200, [10.0, 10.0])) is False
    assert regressed(judged([10.0] * 200, [10.0] * 3, seen_after=timedelta(hours=3))) is False


def test_the_hour_of_the_deploy_is_neither_before_nor_after() -> None:
    """A deploy within an hour makes it a bit dearer, which is no sign of noise."""
    late = DEPLOYED_AT + timedelta(minutes=30)
    judgement = judged([10.0] * 200, [100.0, 12.0, 12.0, 12.0], deployed_at=late)
    assert judgement is not None
    assert judgement.baseline_usd == pytest.approx(10)
    assert judgement.post_usd == pytest.approx(12)
    prompt = judged([10.0] * 200, [12.0] * 3, deployed_at=DEPLOYED_AT + timedelta(minutes=4))
    assert regressed(prompt) is True


@pytest.mark.parametrize("days", [2, 4, 10, 30])
def test_the_daily_rise_is_no_regression(days: int) -> None:
    """A deploy as the offices open is held against other mornings, and a rise on top of it is seen."""
    hours = daily(days)
    before, after = hours[: days * 24], hours[days * 24 :]
    assert regressed(judged(before, after[:3])) is False
    judgement = judged(before, after * 1.5)
    assert regressed(judgement) is True
    assert judgement is not None
    assert judgement.baseline_usd == pytest.approx(20, rel=0.05)


@pytest.mark.parametrize("weeks", [1, 2, 5])
def test_monday_morning_is_no_regression(weeks: int) -> None:
    """The end of the weekend is not the deploy's doing."""
    monday = hour_number(datetime(2026, 3, 9, tzinfo=UTC))
    numbers = np.arange(monday - weeks * 168, monday + 12)
    usd = np.where((numbers // 24 + 3) % 7 >= 5, 5.0, 10.0)
    at_eight = datetime(2026, 3, 9, 0, tzinfo=UTC)
    series = CostSeries("Amazon EC2", int(numbers[0]), usd)
    assert regressed(judge(series, at_eight, [], at_eight + MONTH)) is False


def test_one_dear_hour_is_no_regression() -> None:
    """Neither after the deploy, once the next hours are known, nor before it, where it would hide a real one."""
    assert judged([10.0] * 200, [40.0, 10.0, 10.0], seen_after=timedelta(hours=3)) is None
    assert regressed(judged([10.0] * 200, [40.0, *[10.0] * 30])) is False
    before = [10.0] * 200
    before[-30] = 5000.0
    judgement = judged(before, [15.0] * 3)
    assert regressed(judgement) is True
    assert judgement is not None
    assert judgement.baseline_usd == pytest.approx(10, rel=0.01)


def test_what_is_within_the_noise_is_no_regression() -> None:
    """12 % above the mean is nothing where hours differ by as much, and plain to see where they do not."""
    random = np.random.default_rng(5)
    for spread, expected in ((0.15, False), (0.005, True)):
        before = 10 * (1 + spread * random.standard_normal(500))
        assert regressed(judged(before, [11.2] * 3)) is expected


def test_a_step_is_named_once_where_deploys_follow_each_other() -> None:
    """A deploy hours before it or after it, however near, is clean."""
    for hours in (1, 2, 3, 5, 12, 40):
        apart = timedelta(hours=hours)
        assert regressed(judged([10.0] * 200, [15.0] * 60, [-apart])) is True
        assert regressed(judged([10.0] * 200, [15.0] * 60, [apart])) is True
        later = [10.0] * 200 + [15.0] * hours
        moved = hour_number(DEPLOYED_AT) - 200
        series = CostSeries("Amazon EC2", moved, np.array(later + [15.0] * 60))
        after_it = DEPLOYED_AT + apart
        assert regressed(judge(series, after_it, [DEPLOYED_AT], after_it + MONTH)) is False
        before_it = DEPLOYED_AT - apart
        assert regressed(judge(series, before_it, [DEPLOYED_AT], before_it + MONTH)) is False


@pytest.mark.parametrize("minute", [0, 20])
def test_a_step_is_found_among_deploys_of_every_hour(minute: int) -> None:
    """The one that it began with is named, and no other of them."""
    usd = np.array([10.0] * 400 + [10 + 5 * (60 - minute) / 60] + [15.0] * 100)
    series = CostSeries("Amazon EC2", hour_number(DEPLOYED_AT) - 400, usd)
    row = [DEPLOYED_AT + timedelta(hours=hours, minutes=minute) for hours in range(-60, 60)]
    named = [
        moment
        for moment in row
        if regressed(judge(series, moment, [other for other in row if other != moment], moment + MONTH))
    ]
    assert named == [DEPLOYED_AT + timedelta(minutes=minute)]


def test_a_gap_since_the_last_deploy_tells_nothing() -> None:
    """Whether the rise came with this deploy or the last one can't be known: it is nobody's."""
    usd = [10.0] * 196 + [NAN] * 4
    assert regressed(judged(usd, [15.0] * 20, [timedelta(hours=-3)])) is None
    assert regressed(judged(usd, [15.0] * 168, [timedelta(hours=-3)])) is False
    assert regressed(judged(usd, [15.0] * 20, [timedelta(hours=-30)])) is True


def test_of_two_deploys_of_an_hour_the_one_is_named_that_fits() -> None:
    """The hour's own cost tells how much of it came after the rise."""
    early, late = DEPLOYED_AT + timedelta(minutes=10), DEPLOYED_AT + timedelta(minutes=50)
    for rose, usd in ((early, 10 + 10 * 50 / 60), (late, 10 + 10 * 10 / 60)):
        for deployed_at, other in ((early, late), (late, early)):
            found = judged([10.0] * 200, [usd, *[20.0] * 30], [other - deployed_at], deployed_at=deployed_at)
            assert regressed(found) is (deployed_at == rose)


def test_a_service_that_cost_nothing_has_risen_by_all_it_costs() -> None:
    """There is no percentage of nothing: it is 100."""
    judgement = judged([0.0] * 100, [5.0] * 3)
    assert judgement is not None
    assert (judgement.regressed, judgement.change_pct, judgement.monthly_impact_usd) == (True, 100.0, 3600.0)
    assert regressed(judged([0.0] * 100, [0.0] * 3)) is False


def test_credits_and_idle_hours_break_nothing() -> None:
    """Negative and empty hours have no logarithm, and are judged all the same."""
    before = np.tile([10.0, 0.0, -3.0, 10.0], 100)
    assert regressed(judged(before, before[:48])) is False
    assert regressed(judged(before, before[:48] * 4)) is not None


def test_confidence_grows_with_data_and_distance() -> None:
    """A day before is little, a week plenty; and a rise of many times the noise is surer than one just outside it."""
    day, week = judged([10.0] * 24, [20.0] * 3), judged([10.0] * 168, [20.0] * 3)
    assert day is not None
    assert week is not None
    assert (day.confidence, week.confidence, week.confidence_score) == (Confidence.LOW, Confidence.HIGH, 1.0)
    noisy = 10 * (1 + 0.1 * np.random.default_rng(1).standard_normal(600))
    far, near = judged(noisy, [40.0] * 24), judged(noisy, [13.5] * 3)
    assert far is not None
    assert near is not None
    assert far.confidence_score > near.confidence_score > 0

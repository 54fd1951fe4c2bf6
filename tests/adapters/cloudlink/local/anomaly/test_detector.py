"""The detector on series whose anomalies are planted."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.cloudlink.local.anomaly.detector import THRESHOLD, alarms, fill_gaps, score
from adapters.cloudlink.local.anomaly.season import usual

DAY = 288
ROWS = 14 * DAY
LEARNT = 3 * DAY
PLANTED = 10 * DAY + 150

Floats = NDArray[np.float64]


def working_days(seed: int = 0) -> Floats:
    """Two weeks of five-minute rows that are high by day and low by night, with noise."""
    time_of_day = np.arange(ROWS) % DAY
    level = np.where((time_of_day > 96) & (time_of_day < 216), 80.0, 20.0)
    return level + np.random.default_rng(seed).normal(0, 2, ROWS)


def alarm_rows(values: Floats, threshold: float = THRESHOLD + 1) -> list[int]:
    """Give the rows with a clear alarm, from the fourth day on."""
    raised = alarms(score(values, DAY).composite)
    return [int(row) for row in np.flatnonzero(raised >= threshold) if row >= LEARNT]


@pytest.mark.parametrize("level", [0.0, 45.0])
def test_a_series_that_never_moves_has_no_score(level: float) -> None:
    """Nothing is divided by its spread of nothing."""
    assert not score(np.full(ROWS, level), DAY).composite.any()


def test_a_pattern_that_repeats_raises_no_alarm() -> None:
    """Days and nights are no news; noise raises one in two weeks of five-minute rows, or none."""
    plain = np.where(np.arange(ROWS) % DAY < 100, 80.0, 20.0)
    assert alarm_rows(plain, THRESHOLD) == []
    for seed in range(4):
        assert len(alarm_rows(working_days(seed), THRESHOLD)) <= 1
        assert alarm_rows(working_days(seed)) == []


@pytest.mark.parametrize("hours", [1, 12])
@pytest.mark.parametrize("change", [-40.0, 60.0])
def test_a_change_raises_an_alarm_at_once(hours: int, change: float) -> None:
    """However long it lasts, a rise or a drop is seen within a quarter of an hour, and told a few times only."""
    values = working_days()
    values[PLANTED : PLANTED + 12 * hours] += change
    rows = alarm_rows(values)
    assert PLANTED <= rows[0] <= PLANTED + 3
    assert len(rows) <= 5


def test_a_day_that_does_not_come_is_missed() -> None:
    """A value that is usual at night is none by day."""
    values = working_days()
    morning = 10 * DAY + 97
    values[morning : morning + 119] -= 60
    assert morning <= alarm_rows(values)[0] <= morning + 12


def test_a_level_that_stays_becomes_usual() -> None:
    """After two days a new level raises no alarm."""
    values = working_days()
    values[6 * DAY :] += 50
    rows = alarm_rows(values)
    assert rows[0] < 6 * DAY + 12
    assert max(rows) < 8 * DAY


def test_a_spike_at_the_same_time_every_day_is_usual() -> None:
    """A job that runs at night is no news after it ran a few times, but is at another time."""
    values = np.random.default_rng(1).normal(20, 1, ROWS)
    values[40::DAY] = 80
    assert alarm_rows(values) == []
    values[PLANTED] += 60
    assert alarm_rows(values)[0] == PLANTED


def test_a_row_is_scored_by_the_rows_before_it_only() -> None:
    """What comes later changes no score, and scoring the last rows alone gives the same."""
    values = working_days()
    values[PLANTED:] *= 3
    whole = score(values, DAY).composite
    begun = score(values[: PLANTED + 8], DAY).composite
    assert np.allclose(whole[: PLANTED + 8], begun)
    last = score(values[: PLANTED + 8], DAY, first=PLANTED).composite
    assert np.allclose(whole[PLANTED : PLANTED + 8], last[PLANTED:])


def test_rows_that_are_not_known_score_nothing() -> None:
    """A gap raises no alarm, neither within it nor at its end."""
    values = working_days()
    values[PLANTED : PLANTED + 150] = np.nan
    found = score(values, DAY).composite
    assert np.isfinite(found).all()
    assert not found[PLANTED : PLANTED + 150].any()
    assert alarm_rows(values) == []


def test_gaps_are_filled_from_the_day_before() -> None:
    """Or else from the row before, and at the very start from the first that is known."""
    nan = np.nan
    filled = fill_gaps(np.array([nan, 1.0, 2.0, nan, nan, nan, 7.0]), 4)
    assert filled.tolist() == [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 7.0]


def test_a_weekly_pattern_is_expected_once_it_is_known() -> None:
    """From the third week on the day of the week tells more than the day before."""
    hours = np.arange(5 * 168)
    values = np.where((hours // 24) % 7 >= 5, 2.0, 10.0)
    expected = usual(values, 24).expected
    assert np.array_equal(expected[3 * 168 :], values[3 * 168 :])
    assert not np.array_equal(expected[168 : 2 * 168], values[168 : 2 * 168])


def test_an_alarm_is_repeated_when_it_is_worse_or_over() -> None:
    """Within the rest only a score that is clearly higher counts."""
    raised = alarms(np.array([0.0, 5.0, 5.2, 4.0, 6.0, 6.0, 6.0, 6.0, 6.0]), rest=3)
    assert raised.tolist() == [0.0, 5.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 6.0]

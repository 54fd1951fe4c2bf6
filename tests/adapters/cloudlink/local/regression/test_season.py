"""What is learned of day and week."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.cloudlink.local.regression.season import WEEK, learn_season, spread

NUMBERS = np.arange(5 * WEEK) + 3 * WEEK
HOUR, DAY = NUMBERS % 24, NUMBERS % WEEK // 24


def test_a_pattern_is_learned_through_trend_steps_spikes_and_gaps() -> None:
    """By hour of day, day of week, and where they do not simply add up."""
    pattern = np.where((HOUR >= 9) & (HOUR < 17) & (DAY < 5), 1.0, 0.0) - 0.3 * (DAY == 6)
    logs = pattern + NUMBERS / 20_000 + 0.5 * (NUMBERS[400] < NUMBERS)
    logs[::97] += 3.0
    logs[50:70] = np.nan
    learned = learn_season(NUMBERS, logs)[NUMBERS % WEEK]
    apart = learned - pattern
    assert np.abs(apart - np.median(apart)).max() < 0.1


@pytest.mark.parametrize("weeks", [1, 2, 5])
def test_what_does_not_repeat_is_no_pattern(weeks: int) -> None:
    """Of noise, a small part is taken for one at most."""
    noise = np.random.default_rng(3).standard_normal(weeks * WEEK)
    assert spread(learn_season(NUMBERS[: weeks * WEEK], noise)) < 0.35


def test_a_flat_series_has_none() -> None:
    """Exactly none, whatever its level and however its level changed."""
    logs = np.where(NUMBERS[500] > NUMBERS, 2.0, -1.0)
    assert not learn_season(NUMBERS, logs).any()

"""How rare a value is, as a z-score."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.cloudlink.local.anomaly.tail import LARGEST_Z, LEAST_PAST, rarity

NOISE = np.random.default_rng(0).exponential(1.0, 2000)


def last_score(value: float, past: np.ndarray[tuple[int], np.dtype[np.float64]] = NOISE, floor: float = 1e-6) -> float:
    values = np.append(past, value)
    return float(rarity(values, ~np.isnan(values), np.full(len(values), floor), 2000, len(past))[-1])


@pytest.mark.parametrize(("value", "z_score"), [(4.6, 2.33), (9.2, 3.72), (16.1, 5.2)])
def test_an_exponential_tail_has_its_own_probabilities(value: float, z_score: float) -> None:
    """One in a hundred, in ten thousand and in ten million."""
    assert last_score(value) == pytest.approx(z_score, abs=0.25)


def test_a_low_value_is_as_rare_as_a_high_one() -> None:
    """Both ends count, and the middle is nothing."""
    noise = np.random.default_rng(0).normal(0, 1, 2000)
    assert last_score(-8.0, noise) > 4
    assert last_score(8.0, noise) > 4
    assert last_score(0.0, noise) == 0


def test_scores_have_a_limit() -> None:
    """However far a value is out."""
    assert last_score(1e12) == LARGEST_Z


def test_a_past_that_never_moved_has_the_least_scale() -> None:
    """A change of less than it is nothing much."""
    still = np.full(500, 10.0)
    assert last_score(10.001, still, floor=1.0) < 3
    assert last_score(90.0, still, floor=1.0) > 6


def test_a_short_past_says_nothing() -> None:
    """Neither does one whose rows are mostly unknown."""
    assert last_score(1e6, NOISE[: LEAST_PAST - 1]) == 0
    holes = NOISE[:100].copy()
    holes[LEAST_PAST - 1 :] = np.nan
    assert last_score(1e6, holes) == 0

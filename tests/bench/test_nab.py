"""NAB's score, on series whose score follows from its definition."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.nab import Labelled, alarms_at, best_alarms, best_score, read_labelled, score_at

ROWS = 1000
WINDOWS = [(300, 399), (700, 799)]
START = datetime(2026, 1, 1)  # noqa: DTZ001 - the benchmark's times have no zone


def labelled(windows: list[tuple[int, int]] | None = None) -> Labelled:
    times = [START + timedelta(minutes=5 * row) for row in range(ROWS)]
    return Labelled("made up", times, np.zeros(ROWS), WINDOWS if windows is None else windows, 150)


def alarms_in(*rows: int) -> list[NDArray[np.float64]]:
    scores = np.zeros(ROWS)
    scores[list(rows)] = 1.0
    return [scores]


def test_nothing_is_0_and_everything_at_once_is_100() -> None:
    """The two ends of the scale."""
    assert score_at([labelled()], alarms_in(), 0.5) == 0
    assert score_at([labelled()], alarms_in(300, 700), 0.5) == pytest.approx(100)


def test_a_later_alarm_is_worth_less() -> None:
    """Half a window late is worth 0.859 of the first row, and only the first alarm of a window counts."""
    assert score_at([labelled()], alarms_in(350, 700), 0.5) == pytest.approx(100 * (2.8598 + 1) / 4, abs=0.1)
    assert score_at([labelled()], alarms_in(300, 310, 390, 700), 0.5) == pytest.approx(100)
    assert score_at([labelled()], alarms_in(399, 700), 0.5) == pytest.approx(75.6, abs=0.1)


def test_a_false_alarm_costs_more_the_further_it_is_behind_a_window() -> None:
    """Just behind hardly anything; far from any window 0.11 of a window."""
    near = score_at([labelled()], alarms_in(300, 700, 801), 0.5)
    far = score_at([labelled()], alarms_in(200, 300, 700), 0.5)
    assert 99.5 < near < 100
    assert far == pytest.approx(100 - 100 * 0.11 / 4)


def test_the_probation_does_not_count() -> None:
    """Neither alarms in it, nor windows that end within it."""
    assert score_at([labelled()], alarms_in(10, 149, 300, 700), 0.5) == pytest.approx(100)
    early = labelled([(20, 100), *WINDOWS])
    assert score_at([early], alarms_in(300, 700), 0.5) == pytest.approx(100)
    assert alarms_at([early], alarms_in(300), 0.5).windows == 2


def test_one_threshold_is_chosen_for_all() -> None:
    """The one where found windows outweigh false alarms, scored the same as when it is given."""
    series = [labelled(), labelled([])]
    scores = alarms_in(300, 700) + alarms_in(500)
    scores[0][[300, 700, 850]] = 3.0, 2.0, 1.0
    best = best_score(series, scores)
    assert best.threshold == 2.0
    assert best.score == pytest.approx(score_at(series, scores, 2.0)) == pytest.approx(100)


def test_alarms_are_counted_by_window_and_by_row() -> None:
    """A window is found once, every alarm outside is a false one."""
    counted = alarms_at([labelled()], alarms_in(200, 201, 310, 311, 500), 0.5)
    assert (counted.found, counted.windows, counted.false) == (1, 2, 3)
    assert (counted.precision, counted.recall) == (0.25, 0.5)
    assert counted.f1 == pytest.approx(1 / 3)
    (scores,) = alarms_in(200, 310, 750)
    scores[[310, 750]] = 2.0
    best = best_alarms([labelled()], [scores])
    assert (best.found, best.false) == (2, 0)


def test_series_are_read_with_their_windows(tmp_path: Path) -> None:
    """Times of windows become rows, and a seventh of the rows is probation."""
    lines = [f"{START + timedelta(minutes=5 * row)},{row}" for row in range(100)]
    (tmp_path / "one.csv").write_text("\n".join(["timestamp,value", *lines]))
    (tmp_path / "windows.json").write_text(
        '{"one.csv": [["2026-01-01 01:00:00.000000", "2026-01-01 02:00:00.000000"]]}'
    )
    (series,) = read_labelled(tmp_path)
    assert (series.windows, series.probation, series.values[99]) == ([(12, 24)], 15, 99.0)

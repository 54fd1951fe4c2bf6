"""The score of the Numenta Anomaly Benchmark, written from its published definition: no package of it can be installed.

Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", 2015; profile "standard", probation 15 %.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

WEIGHT_FOUND = 1.0
WEIGHT_MISSED = 1.0
WEIGHT_FALSE = 0.11
PROBATION = 0.15
PROBATION_ROWS = 5_000
"""A longer file has no longer a probation than one of so many rows."""
STEEPNESS = 5.0
FAR = 3.0
"""So many windows' lengths behind a window, a false alarm counts in full."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """A series, the labelled windows as (first row, last row), and how many rows at its start are not scored."""

    name: str
    times: list[datetime]
    values: Floats
    windows: list[tuple[int, int]]
    probation: int

    @property
    def scored_windows(self) -> list[tuple[int, int]]:
        """The windows that do not end within the probation."""
        return [window for window in self.windows if window[1] >= self.probation]


@dataclass(frozen=True)
class Score:
    """The score from 0, of who finds nothing, to 100, of who is perfect, and the threshold that reaches it."""

    score: float
    threshold: float


@dataclass(frozen=True)
class Alarms:
    """Windows that were found, windows there are, and alarms outside of every window."""

    found: int
    windows: int
    false: int

    @property
    def precision(self) -> float:
        """Found windows among found windows and false alarms."""
        return self.found / max(self.found + self.false, 1)

    @property
    def recall(self) -> float:
        """Found windows among all."""
        return self.found / max(self.windows, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.found / max(self.found + self.false + self.windows, 1)


class _Row(NamedTuple):
    """A row's score, what an alarm at it adds, and the numbers of its series and window, -1 for none."""

    score: float
    worth: float
    series: int
    window: int


def read_labelled(folder: Path) -> list[Labelled]:
    """Read every series that `windows.json` of a folder has windows of."""
    windows = msgspec.json.decode((folder / "windows.json").read_bytes(), type=dict[str, list[tuple[str, str]]])
    return [_read(folder / name, bounds) for name, bounds in sorted(windows.items())]


def _read(path: Path, bounds: list[tuple[str, str]]) -> Labelled:
    with path.open(newline="") as file:
        rows = [(datetime.fromisoformat(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
    times = [time for time, _ in rows]
    at = np.array(times, dtype="datetime64[us]")
    spans = []
    for first, last in bounds:
        begin = int(np.searchsorted(at, np.datetime64(first), "left"))
        spans.append((begin, int(np.searchsorted(at, np.datetime64(last), "right")) - 1))
    probation = int(PROBATION * min(len(rows), PROBATION_ROWS))
    return Labelled(path.name, times, np.array([value for _, value in rows]), spans, probation)


def sigmoid(position: Floats) -> Floats:
    """Weigh an alarm by its place: near 1 at a window's start, 0 at its end, -1 far behind it."""
    return 2 / (1 + np.exp(STEEPNESS * np.minimum(position, FAR))) - 1


def weights(series: Labelled) -> tuple[Floats, NDArray[np.int64]]:
    """Give what an alarm at each row adds, and the number of the window that the row lies in, -1 for none."""
    count = len(series.values)
    worth, window_of = np.full(count, -WEIGHT_FALSE), np.full(count, -1)
    rows = np.arange(count)
    for first, last in sorted(series.windows):
        behind = rows > last
        worth[behind] = WEIGHT_FALSE * sigmoid((rows[behind] - last) / max(last - first, 1))
        worth[behind & (rows - last >= FAR * (last - first))] = -WEIGHT_FALSE
    for number, (first, last) in enumerate(series.windows):
        inside = slice(first, last + 1)
        position = -(last - rows[inside] + 1) / (last - first + 1)
        worth[inside] = WEIGHT_FOUND * sigmoid(position) / sigmoid(np.array([-1.0]))
        window_of[inside] = number
    return worth, window_of


def best_score(series: Sequence[Labelled], scores: Sequence[Floats]) -> Score:
    """Find the one threshold for all series that scores highest; an alarm is a row whose score reaches it."""
    windows = sum(len(labelled.scored_windows) for labelled in series)
    best, total = Score(0.0, float("inf")), -WEIGHT_MISSED * windows
    found: dict[tuple[int, int], float] = {}
    for row, is_last in _from_the_highest(series, scores):
        if row.window < 0:
            total += row.worth
        else:
            known = found.get((row.series, row.window), -WEIGHT_MISSED)
            found[row.series, row.window] = max(known, row.worth)
            total += found[row.series, row.window] - known
        if is_last and (reached := _normalised(total, windows)) > best.score:
            best = Score(reached, row.score)
    return best


def best_alarms(series: Sequence[Labelled], scores: Sequence[Floats]) -> Alarms:
    """Give the alarms at the one threshold for all series where their F1 is highest."""
    windows = sum(len(labelled.scored_windows) for labelled in series)
    best, false = Alarms(0, windows, 0), 0
    found: set[tuple[int, int]] = set()
    for row, is_last in _from_the_highest(series, scores):
        if row.window < 0:
            false += 1
        else:
            found.add((row.series, row.window))
        if is_last and (alarms := Alarms(len(found), windows, false)).f1 > best.f1:
            best = alarms
    return best


def _from_the_highest(series: Sequence[Labelled], scores: Sequence[Floats]) -> Iterator[tuple[_Row, bool]]:
    """Yield the rows that count, highest score first, and whether a row is the last of its score."""
    rows: list[_Row] = []
    for number, (labelled, given) in enumerate(zip(series, scores, strict=True)):
        worth, window_of = weights(labelled)
        counted = [row for row in range(labelled.probation, len(given)) if given[row] > 0]
        rows.extend(_Row(float(given[row]), float(worth[row]), number, int(window_of[row])) for row in counted)
    rows.sort(key=lambda row: -row.score)
    for row, following in zip_longest(rows, rows[1:]):
        yield row, following is None or following.score != row.score


def score_at(series: Sequence[Labelled], scores: Sequence[Floats], threshold: float) -> float:
    """Score with a threshold that is given."""
    total, windows = 0.0, 0
    for labelled, given in zip(series, scores, strict=True):
        worth, window_of = weights(labelled)
        alarm = given >= threshold
        alarm[: labelled.probation] = False
        total += float(worth[alarm & (window_of < 0)].sum())
        for number, window in enumerate(labelled.windows):
            if window not in labelled.scored_windows:
                continue
            windows += 1
            inside = worth[alarm & (window_of == number)]
            total += float(inside.max()) if len(inside) else -WEIGHT_MISSED
    return _normalised(total, windows)


def alarms_at(series: Sequence[Labelled], scores: Sequence[Floats], threshold: float) -> Alarms:
    """Count as the data's README says: a window is found once, every alarm outside of all windows is a false one."""
    counted = [_alarms(labelled, given >= threshold) for labelled, given in zip(series, scores, strict=True)]
    return _sum(counted)


def _alarms(series: Labelled, alarm: NDArray[np.bool_]) -> Alarms:
    alarm = alarm & (np.arange(len(alarm)) >= series.probation)
    outside = alarm.copy()
    for first, last in series.windows:
        outside[first : last + 1] = False
    wanted = series.scored_windows
    return Alarms(sum(bool(alarm[first : last + 1].any()) for first, last in wanted), len(wanted), int(outside.sum()))


def _sum(counted: Iterable[Alarms]) -> Alarms:
    found, windows, false = 0, 0, 0
    for alarms in counted:
        found, windows, false = found + alarms.found, windows + alarms.windows, false + alarms.false
    return Alarms(found, windows, false)


def _normalised(total: float, windows: int) -> float:
    """Put a raw score between that of who finds nothing (0) and that of who finds each window at its start (100)."""
    nothing, perfect = -WEIGHT_MISSED * windows, WEIGHT_FOUND * windows
    return 100 * (total - nothing) / (perfect - nothing)

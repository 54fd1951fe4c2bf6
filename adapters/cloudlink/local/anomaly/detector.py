"""The detector: four ways of standing out, each a z-score against the series' own past, and their composite.

It looks at a row with nothing but the rows before it, has no training phase and no constant that depends on a series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.cloudlink.local.anomaly.rolling import delayed, means, medians_before, spreads
from adapters.cloudlink.local.anomaly.season import unexplained, usual
from adapters.cloudlink.local.anomaly.tail import rarity

THRESHOLD = 4.0
"""A composite z-score from which on a row is an anomaly."""

RECENT = 24
"""Rows whose median a spike stands out of."""
NOW, BEFORE = 12, 72
"""Rows whose means are compared to see a shift of the level."""
SPREAD = 48
PAST = 2016
"""Rows that tell what is usual."""
REST, WORSE = 144, 1.1
"""Rows in which an alarm is not repeated, unless its score has become so many times as high."""
FLOOR_ROWS = 48
LEAST_SHARE = 0.02
"""A change below so large a share of the usual range is nothing; 1 % of the level likewise."""
LEAST_LOG = 0.1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """A row's expected value, its z-score by component, and the composite: their sum over the root of their number."""

    expected: Floats
    components: dict[str, Floats]

    @property
    def composite(self) -> Floats:
        """Stouffer's combination of the components."""
        return np.asarray(sum(self.components.values()) / np.sqrt(len(self.components)))


def score(values: Floats, rows_of_a_day: int, first: int = 0, past: int = PAST) -> Scores:
    """Score the rows from `first` on against the `past` before; NaN marks rows that are not known, which score 0.

    The first day has no day before: it has but the scores of its level and spread.
    """
    known = ~np.isnan(values)
    with_day_before = known & (np.arange(len(values)) >= rows_of_a_day)
    filled = fill_gaps(values, rows_of_a_day)
    floors = _floors(filled)
    season = usual(filled, rows_of_a_day)
    by_time = {
        "seasonal": season.outside(filled),
        "spike": unexplained(filled - medians_before(filled, RECENT), rows_of_a_day),
    }
    shift = means(filled, NOW) - delayed(means(filled, BEFORE), NOW, filled[0])
    spread = np.log(spreads(filled, SPREAD) + floors)
    components = {name: rarity(rows, with_day_before, floors, past, first) for name, rows in by_time.items()}
    components["shift"] = rarity(shift, known, floors, past, first)
    components["spread"] = rarity(spread, known, np.full(len(filled), LEAST_LOG), past, first)
    return Scores(season.expected, components)


def alarms(composite: Floats, rest: int = REST) -> Floats:
    """Keep a score only where it is clearly above those kept of the `rest` rows before: an alarm is raised once."""
    kept = np.zeros(len(composite))
    for row, value in enumerate(composite):
        if value > WORSE * kept[max(0, row - rest) : row].max(initial=0.0):
            kept[row] = value
    return kept


def fill_gaps(values: Floats, rows_of_a_day: int) -> Floats:
    """Put the value of a day before in place of what is not known, or else the last one."""
    filled = values.copy()
    for row in np.flatnonzero(np.isnan(values)):
        day_before = filled[row - rows_of_a_day] if row >= rows_of_a_day else np.nan
        before = filled[row - 1] if row else values[~np.isnan(values)][0]
        filled[row] = before if np.isnan(day_before) else day_before
    return filled


def _floors(filled: Floats) -> Floats:
    """Give the least scale at each row: a share of the usual range and of the level of the rows before."""
    floors = np.empty(len(filled))
    for begin in range(0, len(filled), FLOOR_ROWS):
        past = filled[max(0, begin - PAST) : max(begin, 1)]
        low, level, high = np.quantile(past, [0.05, 0.5, 0.95])
        floors[begin : begin + FLOOR_ROWS] = LEAST_SHARE * (high - low) + LEAST_SHARE / 2 * abs(level) + 1e-9
    return floors

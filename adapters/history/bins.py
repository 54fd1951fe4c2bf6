"""Durations in bins that widen with them, so that a count per bin tells percentiles within 5 %."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, String, cast, func

ERROR = 0.05
"""How far off a value that is told by its bin may be, relative to it."""
NO_BIN = -1
"""Where there is no duration."""
ABOVE_COUNTS = 2**32
"""More than any row counts: a bin and how many are in it go into one number."""
_WIDTH = (1 + ERROR) / (1 - ERROR)
_LOG_WIDTH = math.log(_WIDTH)


def bin_of(duration_ms: int | None) -> int:
    """Name the bin of a duration in milliseconds: 0 holds those below one."""
    if duration_ms is None:
        return NO_BIN
    return 0 if duration_ms < 1 else 1 + math.ceil(math.log(duration_ms) / _LOG_WIDTH - 1e-9)


def duration_of(number: int) -> float:
    """Give the milliseconds that no duration of a bin is further off than 5 % of itself."""
    return 0.0 if number < 1 else 2 * _WIDTH ** (number - 1) / (_WIDTH + 1)


def tally(bins: ColumnElement[Any], counts: ColumnElement[Any]) -> ColumnElement[str]:
    """Collect the bins of a group's rows and how many are in each, by SQL, for `percentiles` to read."""
    return func.aggregate_strings(cast(cast(bins, BigInteger) * ABOVE_COUNTS + counts, String), ",")


def percentiles(tallied: str, percents: Sequence[int]) -> list[float | None]:
    """Give of each percent the least duration that so much of a tally is not above; None where it has no durations."""
    rows = sorted(number for number in msgspec.json.decode(f"[{tallied}]", type=list[int]) if number >= 0)
    if not rows:
        return [None] * len(percents)
    below = list(accumulate(number % ABOVE_COUNTS for number in rows))
    reached = (bisect_left(below, -(-below[-1] * percent // 100)) for percent in percents)
    return [duration_of(rows[place] // ABOVE_COUNTS) for place in reached]

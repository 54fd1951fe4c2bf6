"""Durations in bins that widen with them, so that a count per bin tells percentiles within 5 %."""

from __future__ import annotations

import math

ERROR = 0.05
"""How far off a value that is told by its bin may be, relative to it."""
NO_BIN = -1
"""Where there is no duration."""
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

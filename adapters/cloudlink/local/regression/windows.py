"""Which hours before and after a deploy tell of it, where other deploys of the service are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.cloudlink.local.hours import HOUR, hour_number

HISTORY_HOURS = 840
EVIDENCE_HOURS = 24
"""How many hours after a deploy are looked at, where they are known, to tell a rise that lasts from one by chance."""
LEAST_APART = 2
"""Whole hours between two deploys below which the cost of one can't be told from that of the other by itself."""
TOGETHER = timedelta(hours=3)
"""Farther from each other deploys are in no group, even if others in between are near to both."""
PROMPT = timedelta(minutes=5)
"""A deploy less late than that in its hour has the whole hour after it."""


@dataclass(frozen=True)
class Windows:
    """Hours by their numbers, ends exclusive.

    Before: `first` to `group`, of which those from `calm` on lie after the last earlier deploy. After: `start` to
    `end`. `group` are the moments of deploys too near each other to be told apart by whole hours; `mixed` is the hour
    in the middle of which the first of them was.
    """

    first: int
    calm: int
    group: tuple[datetime, ...]
    start: int
    end: int
    mixed: int | None


def first_hour_after(deployed_at: datetime) -> int:
    """Give the first hour that counts as after a deploy: its own only if it is less than five minutes old by then."""
    return hour_number(deployed_at - PROMPT + HOUR)


def windows_around(deployed_at: datetime, others: Sequence[datetime]) -> Windows:
    """Lay the windows around a deploy, given the moments of the service's other deploys."""
    moments = sorted({deployed_at, *others})
    here = moments.index(deployed_at)
    low = high = here
    while low > 0 and _near(moments[low - 1], moments[low]):
        low -= 1
    while high + 1 < len(moments) and _near(moments[high], moments[high + 1]):
        high += 1
    group = tuple(moment for moment in moments[low : high + 1] if abs(moment - deployed_at) <= TOGETHER)
    first = first_hour_after(group[0]) - HISTORY_HOURS
    end = first_hour_after(group[-1]) + EVIDENCE_HOURS
    return Windows(
        first=first,
        calm=max(first, first_hour_after(moments[low - 1])) if low else first,
        group=group,
        start=first_hour_after(deployed_at),
        end=min(end, hour_number(moments[high + 1])) if high + 1 < len(moments) else end,
        mixed=hour_number(group[0]) if hour_number(group[0]) < first_hour_after(group[0]) else None,
    )


def _near(earlier: datetime, later: datetime) -> bool:
    until = min(first_hour_after(later), hour_number(later))
    return until - first_hour_after(earlier) < LEAST_APART

"""How often a tenant may ask: so many times within a minute, counted from its first request."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 60
TENANTS = 10_000


@dataclass(frozen=True)
class Allowance:
    """What may be asked `per_minute` times; requests of one name are counted together."""

    name: str
    per_minute: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a tenant stands after a request; `reset_at` is in seconds since 1970."""

    limit: int
    remaining: int
    reset_at: int
    retry_after_seconds: int
    admitted: bool


class TenantRates:
    """Counts the requests of tenants; those who asked longest ago begin anew when there are too many to remember."""

    def __init__(self, tenants: int = TENANTS, clock: Callable[[], float] = time.time) -> None:
        self._tenants = tenants
        self._clock = clock
        self._windows: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def take(self, tenant: str, allowance: Allowance) -> Standing:
        """Count a request, unless the minute's are used up."""
        now = self._clock()
        began, count = self._windows.pop((tenant, allowance.name), (now, 0))
        if not began <= now < began + WINDOW_SECONDS:
            began, count = now, 0
        admitted = count < allowance.per_minute
        count += admitted
        self._windows[tenant, allowance.name] = (began, count)
        if len(self._windows) > self._tenants:
            self._windows.popitem(last=False)
        ends = began + WINDOW_SECONDS
        return Standing(
            limit=allowance.per_minute,
            remaining=allowance.per_minute - count,
            reset_at=math.ceil(ends),
            retry_after_seconds=math.ceil(ends - now),
            admitted=admitted,
        )

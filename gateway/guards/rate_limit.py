"""How many operations a caller may begin in a minute, whichever protocol carries them; each of a batch counts."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from adapters.principal import Principal
from gateway.protocols.refusals import Refused

MINUTE = 60.0
CALLERS = 10_000
"""How many callers are remembered; whoever called least recently is forgotten first, and may begin anew."""


class RateLimit:
    """A bucket for each caller that holds a minute's operations and fills steadily; the local principal has no limit.

    Of a bucket only the moment is kept at which it will be full again.
    """

    def __init__(self, operations_per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = operations_per_minute
        self._clock = clock
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def admit(self, principal: Principal) -> None:
        """Count an operation that begins; raises Refused where the bucket is empty."""
        if not self._per_minute or principal.tier is None:
            return
        holder, now = (principal.tenant, principal.id), self._clock()
        full_at = max(now, self._full_at.pop(holder, now)) + MINUTE / self._per_minute
        wait = full_at - now - MINUTE
        if wait > 0:
            self._full_at[holder] = full_at - MINUTE / self._per_minute
            raise _too_many(self._per_minute, wait)
        self._full_at[holder] = full_at
        if len(self._full_at) > CALLERS:
            self._full_at.popitem(last=False)


def _too_many(per_minute: int, wait: float) -> Refused:
    seconds = math.ceil(wait)
    message = f"You have begun {per_minute} operations within a minute, as many as one may: come back in {seconds} s"
    extensions = {"retryAfterSeconds": seconds}
    return Refused(429, "LIMIT_EXCEEDED", message, {"Retry-After": str(seconds)}, extensions)

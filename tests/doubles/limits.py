"""A limit for doubles to tell of."""

from __future__ import annotations

from adapters.health import LimitStanding

LIMIT = LimitStanding(name="all", calls=100, seconds=60.0, remaining=99)

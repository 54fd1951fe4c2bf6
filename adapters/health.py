"""How an adapter says that it is well."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from adapters.http.breaker import BreakerState


class Health(StrEnum):
    """Whether a service can be used right now."""

    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"


class LimitStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a limit of an upstream stands: `remaining` of at most `calls` within any `seconds`."""

    name: str
    calls: int
    seconds: float
    remaining: int


class ServiceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """An adapter's state: `adapter` names the implementation, `message` says what is wrong and how to mend it.

    `breaker`, `limits` and `rate_limit_remaining`, of the general limit, are of adapters that call an upstream.
    """

    adapter: str
    health: Health
    message: str | None = None
    latency_ms: float | None = None
    rate_limit_remaining: int | None = None
    breaker: BreakerState | None = None
    limits: tuple[LimitStanding, ...] = ()

"""The transports of a service, put together: a file each, in the order in which a request meets them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import httpx

from adapters.health import LimitStanding
from adapters.http.breaker import Breaker, BreakerState, BreakerTransport
from adapters.http.cache import CacheTransport, Freshness
from adapters.http.coalescing import CoalescingTransport
from adapters.http.concurrency import ConcurrencyTransport
from adapters.http.identity import SAFE, token_digest
from adapters.http.rate_limit import Limit, RateLimitTransport
from adapters.http.retry import RetryTransport
from adapters.http.traits import traits_of
from adapters.http.whole import WholeTransport

CONNECTIONS = 32


@dataclass(frozen=True, kw_only=True)
class UpstreamPolicy:
    """How an upstream is treated: its documented limits, the general one last, and how long its answers are good.

    `questions` is a regular expression of the paths that are asked by POST and change nothing.
    """

    service: str
    limits: tuple[Limit, ...] = ()
    fresh: tuple[Freshness, ...] = ()
    questions: str = ""
    connections: int = CONNECTIONS

    def with_limit(self, calls_per_minute: int | None) -> UpstreamPolicy:
        """Give the policy with another general limit; None leaves it as documented."""
        if calls_per_minute is None:
            return self
        return replace(self, limits=(*self.limits[:-1], Limit("all", calls_per_minute, 60.0)))

    def is_write(self, request: httpx.Request) -> bool:
        """Say whether a request may change what is read."""
        return request.method not in SAFE and not re.fullmatch(self.questions, traits_of(request).path)


class Stack(httpx.AsyncBaseTransport):
    """All transports of a service as one, and how they stand."""

    def __init__(self, policy: UpstreamPolicy, wire: httpx.AsyncBaseTransport) -> None:
        self._breaker = Breaker(policy.service)
        bounded = ConcurrencyTransport(wire, policy.service, policy.connections)
        self._limits = RateLimitTransport(bounded, policy.service, policy.limits)
        whole = WholeTransport(BreakerTransport(self._limits, self._breaker))
        repeated = RetryTransport(whole, service=policy.service)
        self._shared = CoalescingTransport(repeated, policy.is_write)
        self._outermost = CacheTransport(self._shared, policy.fresh, policy.is_write)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through all of them."""
        return await self._outermost.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all of them."""
        await self._outermost.aclose()

    def forget(self, request: httpx.Request) -> None:
        """Read anew whatever the sender of this request asks for from now on."""
        token = token_digest(request)
        self._shared.part(token)
        self._outermost.forget(token)

    @property
    def breaker(self) -> BreakerState:
        """Say whether calls go through."""
        return self._breaker.state

    def limits(self, request: httpx.Request) -> tuple[LimitStanding, ...]:
        """Say how the limits stand to whoever would send this request, the general one last."""
        return self._limits.standing(token_digest(request))


def open_stack(policy: UpstreamPolicy) -> Stack:
    """Put the transports of a service together; nothing connects before the first request."""
    from adapters.http.wire import WireTransport

    return Stack(policy, WireTransport(policy.connections))

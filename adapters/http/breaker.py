"""A circuit breaker: an upstream that mostly fails is left alone for a while, then tried with one call."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum

import httpx

from adapters.http import observing
from adapters.http.bodies import tell_end
from adapters.http.deadline import OutOfTime, remaining
from adapters.http.turnstile import Crowded

WINDOW_SECONDS = 10.0
LEAST_CALLS = 20
FAILED_SHARE = 0.5
OPEN_SECONDS = 5.0
PROBE_SECONDS = 1.0
"""When to come back while the probe is under way."""
FAILURES = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException)
UNSENT = (OutOfTime, Crowded)


class BreakerState(StrEnum):
    """Whether calls go through: all, none, or one to see whether the upstream is back."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class CircuitOpen(httpx.TransportError):
    """The upstream is being left alone; nothing was sent."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"left alone for another {retry_after_seconds:.1f} s")
        self.retry_after_seconds = retry_after_seconds


class Breaker:
    """Opens for 5 s when, of at least 20 calls that ended within 10 s, half have failed; then one probe decides."""

    def __init__(self, service: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._clock = clock
        self._ended: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self._open_until: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """Say whether calls go through."""
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock() < self._open_until else BreakerState.HALF_OPEN

    def admit(self) -> bool:
        """Let a call through and say whether it is the probe; raises CircuitOpen."""
        if self._open_until is None:
            return False
        left = self._open_until - self._clock()
        if left > 0 or self._probing:
            raise CircuitOpen(left if left > 0 else PROBE_SECONDS)
        self._probing = True
        self._tell()
        return True

    def settle(self, has_failed: bool | None, *, is_probe: bool) -> None:
        """Take note of how a call ended; None says nothing about the upstream."""
        if is_probe:
            self._probing = False
            if has_failed is not None:
                self._decide(has_failed=has_failed)
        elif self._open_until is None and has_failed is not None:
            self._count(has_failed=has_failed)

    def _decide(self, *, has_failed: bool) -> None:
        self._ended.clear()
        self._failed = 0
        self._open_until = self._clock() + OPEN_SECONDS if has_failed else None
        self._tell()

    def _tell(self) -> None:
        observing.breaker_changed(self._service, self.state.lower())

    def _count(self, *, has_failed: bool) -> None:
        now = self._clock()
        self._ended.append((now, has_failed))
        self._failed += has_failed
        while self._ended[0][0] <= now - WINDOW_SECONDS:
            self._failed -= self._ended.popleft()[1]
        if len(self._ended) >= LEAST_CALLS and self._failed >= FAILED_SHARE * len(self._ended):
            self._decide(has_failed=True)


class BreakerTransport(httpx.AsyncBaseTransport):
    """Keeps calls from an upstream that fails; failures are broken connections, 5xx and what outlasts its deadline."""

    def __init__(self, inner: httpx.AsyncBaseTransport, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send if the breaker lets it through."""
        is_probe = self._breaker.admit()
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            self._breaker.settle(_has_failed(error), is_probe=is_probe)
            raise
        is_error = response.is_server_error

        def ended(error: BaseException | None) -> None:
            self._breaker.settle(is_error if error is None else _has_failed(error), is_probe=is_probe)

        return tell_end(response, ended)

    async def aclose(self) -> None:
        """Close what this wraps."""
        await self._inner.aclose()


def _has_failed(error: BaseException) -> bool | None:
    if isinstance(error, asyncio.CancelledError):
        return True if not remaining() else None
    return True if isinstance(error, FAILURES) and not isinstance(error, UNSENT) else None

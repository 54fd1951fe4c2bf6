"""A bound on how many calls are under way at once."""

from __future__ import annotations

import httpx

from adapters.http.bodies import tell_end
from adapters.http.traits import CallKind, traits_of
from adapters.http.turnstile import PLACES, QueueLength, Turnstile


class ConcurrencyTransport(httpx.AsyncBaseTransport):
    """Has at most `at_once` calls under way, each until its answer is read; the others queue, queries before polls."""

    def __init__(self, inner: httpx.AsyncBaseTransport, service: str, at_once: int, places: int = PLACES) -> None:
        self._inner = inner
        self._at_once = at_once
        self._under_way = 0
        self._turnstile = Turnstile(self._is_free, QueueLength(service, "concurrency"), places)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send when there is room."""
        await self._turnstile.enter(traits_of(request).kind)
        self._under_way += 1
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            self._leave(None)
            raise
        return tell_end(response, self._leave)

    async def aclose(self) -> None:
        """Close what this wraps."""
        await self._inner.aclose()

    def _is_free(self, _kind: CallKind) -> bool:
        return self._under_way < self._at_once

    def _leave(self, _error: BaseException | None) -> None:
        self._under_way -= 1
        self._turnstile.turn()

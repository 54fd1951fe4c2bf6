"""Equal reads that are under way at once are one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import httpx

from adapters.http.deadline import OutOfTime, remaining
from adapters.http.identity import ReadKey, read_key, token_digest
from adapters.http.recorded import RecordedAnswer, record
from adapters.http.traits import CallKind, traits_of


class _FlightKey(NamedTuple):
    read: ReadKey
    kind: CallKind


@dataclass(eq=False)
class _Flight:
    call: asyncio.Task[RecordedAnswer]
    waiting: int = 0


class CoalescingTransport(httpx.AsyncBaseTransport):
    """Has equal reads share one call, which goes on as long as anybody waits for it.

    A write of a token parts what it asked before from what it asks after; `is_write` tells the writes.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, is_write: Callable[[httpx.Request], bool]) -> None:
        self._inner = inner
        self._is_write = is_write
        self._flights: dict[_FlightKey, _Flight] = {}
        self._calls: set[asyncio.Task[RecordedAnswer]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Join an equal read, or send."""
        if request.method == "GET":
            return (await self._share(request)).response()
        if not self._is_write(request):
            return await self._inner.handle_async_request(request)
        token = token_digest(request)
        self.part(token)
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self.part(token)

    def part(self, token: bytes) -> None:
        """Let nobody join what is being read with the token of this digest."""
        for key in [key for key in self._flights if key.read.token == token]:
            del self._flights[key]

    async def aclose(self) -> None:
        """Break off what is under way, and close what this wraps."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._inner.aclose()

    async def _share(self, request: httpx.Request) -> RecordedAnswer:
        key = _FlightKey(read_key(request), traits_of(request).kind)
        while True:
            flight = self._flights.get(key)
            is_first = flight is None
            flight = flight or self._begin(key, request)
            flight.waiting += 1
            try:
                return await asyncio.shield(flight.call)
            except OutOfTime:
                # It was the deadline of the one who began the call: who came later may have time for another.
                if is_first or not remaining():
                    raise
            finally:
                flight.waiting -= 1
                if not flight.waiting:
                    self._land(key, flight)
                    flight.call.cancel()

    def _begin(self, key: _FlightKey, request: httpx.Request) -> _Flight:
        call = asyncio.create_task(self._call(request), name=f"read {request.url.path}")
        flight = self._flights[key] = _Flight(call)
        self._calls.add(call)
        call.add_done_callback(lambda done: self._ended(key, flight, done))
        return flight

    async def _call(self, request: httpx.Request) -> RecordedAnswer:
        return await record(await self._inner.handle_async_request(request))

    def _ended(self, key: _FlightKey, flight: _Flight, call: asyncio.Task[RecordedAnswer]) -> None:
        self._calls.discard(call)
        self._land(key, flight)
        if not call.cancelled():
            call.exception()  # seen, also where nobody waits for it any more

    def _land(self, key: _FlightKey, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

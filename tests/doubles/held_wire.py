"""A wire below the transports that answers when a test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from adapters.http.traits import EXTENSION, CallKind, CallTraits

ADDRESS = "http://upstream.example"


class HeldWire(httpx.AsyncBaseTransport):
    """Answers with `answer`, raises it if it is an exception, and waits before while `release` has not been called."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response | Exception] | None = None) -> None:
        self.answer = answer or (lambda _: httpx.Response(200, content=b"{}"))
        self.requests: list[httpx.Request] = []
        self.cancelled = 0
        self.closed = False
        self._released = asyncio.Event()
        self._released.set()

    def hold(self) -> None:
        """Let nothing be answered for now."""
        self._released.clear()

    def release(self) -> None:
        """Let everything be answered."""
        self._released.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        try:
            await self._released.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        answer = self.answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        self.closed = True


def request_of(
    method: str = "GET", path: str = "/v1/things", token: str = "t", kind: CallKind = CallKind.QUERY, **headers: str
) -> httpx.Request:
    """Make a request as Upstream does; headers as keywords, `_` for `-`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Request(
        method,
        f"{ADDRESS}{path}",
        headers={"Authorization": f"Bearer {token}", **given},
        extensions={EXTENSION: CallTraits(kind, path.partition("?")[0])},
    )


async def settled(rounds: int = 20) -> None:
    """Let everything that can go on without time passing go on."""
    for _ in range(rounds):
        await asyncio.sleep(0)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

"""A response of server-sent events, as graphql-sse has them, which stays open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from gateway.execution.stopping import stop
from gateway.protocols.http_request import until_left

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]
"""No proxy is to keep, change or gather what is sent."""
COMMENT = b":\n\n"


class EventStream:
    """Sends what `tell_all` tells it, until that ends or the client leaves, and a comment every `seconds` of silence.

    Whoever tells waits until the client has read, so who reads slowly is owed no more than what is being told.
    """

    def __init__(self, seconds: float, tell_all: Callable[[EventStream], Coroutine[Any, Any, None]]) -> None:
        self._seconds = seconds
        self._tell_all = tell_all
        self._sending = asyncio.Lock()
        self._was_quiet = True
        self._send: Send | None = None

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Respond; a comment comes first, as some browsers wait for a body before they believe in a response."""
        self._send = send
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self._write(COMMENT)
        telling = asyncio.create_task(self._tell_all(self))
        others = asyncio.create_task(until_left(receive)), asyncio.create_task(self._comment())
        try:
            await asyncio.wait([telling, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop([telling, *others])
        if not telling.cancelled():
            telling.result()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def tell(self, event: str, data: Mapping[str, Any] | None = None, event_id: str | None = None) -> None:
        """Send an event."""
        named = f"id: {event_id}\n".encode() if event_id else b""
        written = b" " + msgspec.json.encode(data) if data is not None else b""
        await self._write(named + b"event: " + event.encode() + b"\ndata:" + written + b"\n\n")

    async def _comment(self) -> None:
        while True:
            self._was_quiet = True
            await asyncio.sleep(self._seconds)
            if self._was_quiet:
                await self._write(COMMENT)

    async def _write(self, body: bytes) -> None:
        assert self._send is not None  # noqa: S101 - a stream is told to once it responds
        async with self._sending:
            self._was_quiet = False
            await self._send({"type": "http.response.body", "body": body, "more_body": True})

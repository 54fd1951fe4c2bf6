"""Graceful shutdown: sockets are closed with a reason, streams end, requests finish."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GOING_AWAY = 1001
CLOSE_SECONDS = 1.0
REASON = "The server is shutting down: connect again and hand back the last cursor"
CUT_SHORT = {
    "message": "The server is shutting down and could not wait for the answer: ask again",
    "extensions": {"code": "SHUTTING_DOWN"},
}


class Drain:
    """Middleware that knows what is open and can end it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._sockets: set[Send] = set()
        self._streams: set[asyncio.Task[object]] = set()
        self._draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and remember it while it is open."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def begin(self) -> None:
        """Close every socket and end every stream; requests are left to finish, who does not read is not waited for."""
        self._draining = True
        for task in self._streams:
            task.cancel()
        close: Message = {"type": "websocket.close", "code": GOING_AWAY, "reason": REASON}
        closing = asyncio.gather(*(send(close) for send in self._sockets), return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing, CLOSE_SECONDS)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        closed = False

        async def send_until_closed(message: Message) -> None:
            nonlocal closed
            if not closed:
                closed = message["type"] == "websocket.close"
                await send(message)

        if self._draining:
            await send({"type": "websocket.close", "code": GOING_AWAY, "reason": REASON})
            return
        self._sockets.add(send_until_closed)
        try:
            await self._app(scope, receive, send_until_closed)
        finally:
            self._sockets.discard(send_until_closed)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a server calls from a task
        started = False

        async def send_and_see(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start" and is_event_stream(message):
                self._streams.add(task)
                if self._draining:
                    task.cancel()
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        except asyncio.CancelledError:
            if not self._draining or (started and task not in self._streams):
                raise
            task.uncancel()
            if started:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await JSONResponse({"errors": [CUT_SHORT]}, 503)(scope, receive, send)
        finally:
            self._streams.discard(task)


def is_event_stream(message: Message) -> bool:
    """Say whether a response goes on until somebody ends it; one in parts ends by itself."""
    types = [value for name, value in message["headers"] if name.lower() == b"content-type"]
    return any(value.startswith(b"text/event-stream") or b"subscriptionSpec" in value for value in types)

"""A socket or a stream lasts no longer than what let its caller in: a key that is revoked, a token that expires."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.principal import Principal
from gateway.access.authentication import Authenticator, Unauthenticated
from gateway.drain import is_event_stream

CHECK_SECONDS = 5.0
"""How often it is asked whether a caller may still call; what says when it expires is asked about then."""
SHORTEST_SECONDS = 0.05
FORBIDDEN = 4403
"""As for who is not let in: `graphql-ws` tries again after it, with a new token if it has one."""
REASON = "Access is over: connect again with a key or token that is good, and hand back the last cursor"


class Visit:
    """What a connection's caller came with."""

    def __init__(self) -> None:
        self._authorization: str | None = None
        self._principal: Principal | None = None
        self._begun = asyncio.Event()

    def begin(self, authorization: str | None, principal: Principal) -> None:
        """Note who is let in by what; the last time counts."""
        self._authorization = authorization
        self._principal = principal
        self._begun.set()

    async def over(self, authenticator: Authenticator) -> None:
        """Wait until the caller may not call any more, or is another, or may do something else."""
        while True:
            self._begun.clear()
            try:
                async with asyncio.timeout(self._pause()):
                    await self._begun.wait()
            except TimeoutError:
                if not await self._is_good(authenticator):
                    return

    def _pause(self) -> float | None:
        if self._principal is None:
            return None
        if self._principal.expires_at is None:
            return CHECK_SECONDS
        left = (self._principal.expires_at - datetime.now(UTC)).total_seconds()
        return min(CHECK_SECONDS, max(SHORTEST_SECONDS, left))

    async def _is_good(self, authenticator: Authenticator) -> bool:
        try:
            return await authenticator.authenticate(self._authorization) == self._principal
        except Unauthenticated:
            return False


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


def begin_visit(authorization: str | None, principal: Principal) -> None:
    """Note who the present connection's caller is."""
    if (visit := _visit.get()) is not None:
        visit.begin(authorization, principal)


class LastingAccess:
    """Middleware that closes a socket, or ends a stream, when its caller's access is over."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and watch its caller while it lasts."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        visit = Visit()
        token = _visit.set(visit)
        try:
            pass_on = self._socket if scope["type"] == "websocket" else self._request
            await pass_on(visit, scope, receive, send)
        finally:
            _visit.reset(token)

    async def _socket(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        closed = False

        async def send_until_closed(message: Message) -> None:
            nonlocal closed
            if not closed:
                closed = message["type"] == "websocket.close"
                await send(message)

        async def close() -> None:
            await visit.over(self._authenticator)
            await send_until_closed({"type": "websocket.close", "code": FORBIDDEN, "reason": REASON})

        closing = asyncio.create_task(close(), name="access")
        try:
            await self._app(scope, receive, send_until_closed)
        finally:
            closing.cancel()

    async def _request(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        running = asyncio.current_task()
        assert running is not None  # noqa: S101 - a server calls from a task
        ending: asyncio.Task[None] | None = None
        is_over = False

        async def end() -> None:
            nonlocal is_over
            await visit.over(self._authenticator)
            is_over = running.cancel()

        async def send_and_watch(message: Message) -> None:
            nonlocal ending
            if message["type"] == "http.response.start" and is_event_stream(message):
                ending = asyncio.create_task(end(), name="access")
            await send(message)

        try:
            await self._app(scope, receive, send_and_watch)
        except asyncio.CancelledError:
            if not is_over or running.uncancel():
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if ending is not None:
                ending.cancel()

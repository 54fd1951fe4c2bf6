"""The limit on the size of a request's body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.protocols.refusals import refusal


class TooLarge(Exception):
    """The body is larger than the limit."""


class BodySize:
    """Middleware that answers 413 to a body beyond the limit, however its length is told."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def receive_within() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise TooLarge
            return message

        try:
            await self._app(scope, receive_within, send)
        except TooLarge:
            message = f"The request is larger than {self._most} bytes: send less"
            await refusal(413, "REQUEST_TOO_LARGE", message)(scope, receive, send)

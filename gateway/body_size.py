"""The limit on the size of a request's body."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 1024 * 1024


class TooLarge(Exception):
    """The body is larger than the limit."""


class BodySize:
    """Middleware that answers 413 to a body of more than a megabyte, however its length is told."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
            if received > BODY_BYTES:
                raise TooLarge
            return message

        try:
            await self._app(scope, receive_within, send)
        except TooLarge:
            message = f"The request is larger than {BODY_BYTES} bytes: send less"
            problem = {"message": message, "extensions": {"code": "REQUEST_TOO_LARGE"}}
            await JSONResponse({"errors": [problem]}, 413)(scope, receive, send)

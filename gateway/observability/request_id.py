"""Every request has an id: the caller's own, or a new one; it is answered, logged and sent upstream."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.request_id import HEADER, current_request_id

ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")
ANSWERING = ("http.response.start", "websocket.accept")


class RequestId:
    """Middleware that takes `X-Request-ID`, or makes an id where there is none or none that fits; a socket has one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request while it is handled."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if ACCEPTED.fullmatch(given) else secrets.token_hex(16)

        async def send_named(message: Message) -> None:
            if message["type"] in ANSWERING:
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        token = current_request_id.set(request_id)
        try:
            await self._app(scope, receive, send_named)
        finally:
            current_request_id.reset(token)

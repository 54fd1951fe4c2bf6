"""The limit on the size of a request's URL and headers."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.protocols.refusals import refusal


class HeaderSize:
    """Middleware that answers 414 to a URL, and 431 to headers, beyond the limit, whichever server reads them."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add up what came in."""
        if scope["type"] in ("http", "websocket"):
            url = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
            size = url + sum([len(name) + len(value) for name, value in scope["headers"]])
            if size > self._most:
                status, what = (414, "URL is") if url > self._most else (431, "URL and headers are")
                message = f"The request's {what} larger than {self._most} bytes: send less, or by POST"
                await refusal(status, "REQUEST_TOO_LARGE", message)(scope, receive, send)
                return
        await self._app(scope, receive, send)

"""`/graphql`: each request goes to the protocol that it speaks."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.protocols.sse_endpoint import is_streaming


class GraphQLEndpoint:
    """Hands sockets to one endpoint, what has to do with streams of events to another, all else to a third."""

    def __init__(self, http: ASGIApp, socket: ASGIApp, sse: ASGIApp) -> None:
        self._http = http
        self._socket = socket
        self._sse = sse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the scope, the method and the headers."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif is_streaming(scope):
            await self._sse(scope, receive, send)
        else:
            await self._http(scope, receive, send)

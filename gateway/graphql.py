"""`/graphql`: each request goes to the protocol that it speaks."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.media_types import wanted_by


class GraphQLEndpoint:
    """Hands sockets and streams of events to one endpoint, and all other requests to another."""

    def __init__(self, http: ASGIApp, streaming: ASGIApp) -> None:
        self._http = http
        self._streaming = streaming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the scope, and by `Accept`."""
        is_http = scope["type"] == "http" and not wanted_by(Headers(scope=scope).get("accept", "")).events
        endpoint = self._http if is_http else self._streaming
        await endpoint(scope, receive, send)

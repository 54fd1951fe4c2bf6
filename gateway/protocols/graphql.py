"""`/graphql`: each request goes to the protocol that it speaks."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.protocols.caching import unless_told
from gateway.protocols.refusals import Refused
from gateway.protocols.sse_endpoint import is_streaming


class Answering(Protocol):
    """Answers requests over HTTP."""

    async def response(self, scope: Scope, receive: Receive) -> ASGIApp:
        """Give the answer to a request; raises Refused, or ClientDisconnect where its sender has left."""


class GraphQLEndpoint:
    """Hands sockets to one endpoint, what has to do with streams of events to another, all else to a third."""

    def __init__(self, http: Answering, socket: ASGIApp, sse: Answering) -> None:
        self._http = http
        self._socket = socket
        self._sse = sse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the scope, the method and the headers; answer a request over HTTP, or refuse it."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        endpoint = self._sse if is_streaming(scope) else self._http
        try:
            response = await endpoint.response(scope, receive)
        except Refused as refused:
            response = refused
        except ClientDisconnect:
            return
        await response(scope, receive, unless_told(send) if scope["method"] == "GET" else send)

"""GraphQL over SSE: a stream for each operation, or one for many, which `gateway.protocols.single_connection` has."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types.graphql import OperationType

from adapters.principal import Principal
from gateway.access.authentication import Unauthenticated
from gateway.access.callers import Callers
from gateway.configuration.settings import Settings
from gateway.protocols.event_stream import EventStream
from gateway.protocols.http_request import read_request
from gateway.protocols.last_event_id import go_on_after
from gateway.protocols.media_types import wanted_by
from gateway.protocols.operation_stream import ANY_TYPE, OperationStream, OperationStreams
from gateway.protocols.refusals import Refused, unauthenticated
from gateway.protocols.single_connection import OPERATION_ID, SingleConnection

TOKEN_HEADER = "x-graphql-event-stream-token"  # noqa: S105 - a name
TOKEN_PARAMETER = "token"  # noqa: S105 - a name
UNCHANGING = frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION})
"""What a GET may do."""


class SseEndpoint:
    """Answers what has to do with streams of events."""

    def __init__(
        self, callers: Callers, streams: OperationStreams, single_connection: SingleConnection, settings: Settings
    ) -> None:
        self._callers = callers
        self._streams = streams
        self._single_connection = single_connection
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        try:
            response = await self._response(scope, receive)
        except Refused as refused:
            response = refused
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> ASGIApp:
        headers, method = Headers(scope=scope), scope["method"]
        token = _token(scope, headers)
        if token and method == "GET":
            return self._single_connection.open(token, await self._opener(token, headers))
        principal = await self._callers.of_request(headers)
        if method == "PUT":
            return self._single_connection.reserve(principal, headers.get("authorization"))
        if token and method == "DELETE":
            return self._single_connection.end(token, principal, _parameter(scope, OPERATION_ID))
        if method == "DELETE":
            raise Refused(400, "BAD_REQUEST", f"Send the stream's token as `{TOKEN_HEADER}`")
        request = await read_request(scope, headers, receive)
        if token:
            return await self._single_connection.begin(token, principal, request)
        operation = self._streams.of(request, principal, UNCHANGING if method == "GET" else ANY_TYPE)
        return self._distinct(operation, headers.get("last-event-id"))

    async def _opener(self, token: str, headers: Headers) -> Principal:
        """Name who opens a reserved stream; a browser's EventSource can't send a key, so the token stands for it."""
        if "authorization" in headers:
            return await self._callers.of_request(headers)
        try:
            return await self._callers.named_by(self._single_connection.authorization_of(token))
        except Unauthenticated:
            raise unauthenticated() from None

    def _distinct(self, operation: OperationStream, last_event_id: str | None) -> EventStream:
        async def tell_all(stream: EventStream) -> None:
            go_on_after(last_event_id)
            async with aclosing(operation.results()) as results:
                async for result in results:
                    await stream.tell("next", result, _cursor(result))
            await stream.tell("complete")

        return EventStream(self._settings.ping_seconds, tell_all)


def is_streaming(scope: Scope) -> bool:
    """Say whether a request has to do with streams of events."""
    if scope["method"] in ("PUT", "DELETE"):
        return True
    headers = Headers(scope=scope)
    return wanted_by(headers.get("accept", "")).events or _token(scope, headers) is not None


def _token(scope: Scope, headers: Headers) -> str | None:
    return headers.get(TOKEN_HEADER) or _parameter(scope, TOKEN_PARAMETER)


def _parameter(scope: Scope, name: str) -> str | None:
    query_string = scope["query_string"].decode("latin-1")
    return parse_qs(query_string).get(name, [None])[0] if f"{name}=" in query_string else None


def _cursor(result: dict[str, Any]) -> str | None:
    """Give the cursor of an event, which is its id on the stream."""
    match list((result.get("data") or {}).values()):
        case [{"cursor": str(cursor)}] if cursor.isprintable():  # an alias may name anything so
            return cursor
    return None

"""GraphQL over SSE: a stream for each operation, or one for many, which `gateway.protocols.single_connection` has."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope
from strawberry.types.graphql import OperationType

from adapters.principal import Principal
from gateway.access.authentication import Unauthenticated
from gateway.access.callers import Callers
from gateway.configuration.settings import Settings
from gateway.protocols.distinct_stream import distinct_stream
from gateway.protocols.http_request import read_request
from gateway.protocols.media_types import wanted_by
from gateway.protocols.operation_stream import ANY_TYPE, OperationStreams
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

    async def response(self, scope: Scope, receive: Receive) -> ASGIApp:
        """Give the answer to a request; raises Refused, or ClientDisconnect where its sender has left."""
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
        return distinct_stream(operation, headers.get("last-event-id"), self._settings.ping_seconds)

    async def _opener(self, token: str, headers: Headers) -> Principal:
        """Name who opens a reserved stream; a browser's EventSource can't send a key, so the token stands for it."""
        if "authorization" in headers:
            return await self._callers.of_request(headers)
        try:
            return await self._callers.named_by(self._single_connection.authorization_of(token))
        except Unauthenticated:
            raise unauthenticated() from None


def is_streaming(scope: Scope) -> bool:
    """Say whether a request has to do with streams of events; one that takes JSON as well may still get a stream."""
    if scope["method"] in ("PUT", "DELETE"):
        return True
    headers = Headers(scope=scope)
    return wanted_by(headers.get("accept", "")).prefers_events or _token(scope, headers) is not None


def _token(scope: Scope, headers: Headers) -> str | None:
    return headers.get(TOKEN_HEADER) or _parameter(scope, TOKEN_PARAMETER)


def _parameter(scope: Scope, name: str) -> str | None:
    query_string = scope["query_string"].decode("latin-1")
    return parse_qs(query_string).get(name, [None])[0] if f"{name}=" in query_string else None

"""GraphQL over HTTP: a request is one operation, and its answer one JSON text."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import partial

import msgspec
import strawberry
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send
from strawberry.types.graphql import OperationType

from adapters.principal import Principal
from adapters.services import Services
from gateway.answers import OK, Answer, answer_of
from gateway.callers import Callers
from gateway.errors import UNFIT, refusal_of
from gateway.graphql_request import GraphQLRequest, read_body, read_parameters
from gateway.media_types import wanted_by
from gateway.refusals import Refused
from gateway.reply import JSON, Reply
from gateway.shared_queries import QueryKey, SharedQueries
from resolvers.context import Context

ALLOWED = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}
"""What each method may do: a GET, which a link or an image could send, changes nothing."""


class HttpEndpoint:
    """Answers requests for queries and mutations."""

    def __init__(
        self, graph: strawberry.Schema, services: Services, callers: Callers, shared_queries: SharedQueries
    ) -> None:
        self._graph = graph
        self._services = services
        self._callers = callers
        self._shared_queries = shared_queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        headers = Headers(scope=scope)
        try:
            principal = await self._callers.of_request(headers)
            request = await read_request(scope, headers, receive)
            answer = await self._answer(request, principal, ALLOWED[scope["method"]])
        except Refused as refused:
            await refused(scope, receive, send)
        except ClientDisconnect:
            return
        else:
            media_type = wanted_by(headers.get("accept", "")).single
            status = OK if media_type == JSON else answer.status
            await Reply(status, answer.body, media_type)(scope, receive, send)

    async def _answer(
        self, request: GraphQLRequest, principal: Principal, allowed: AbstractSet[OperationType]
    ) -> Answer:
        variables = msgspec.json.encode(request.variables, order="sorted") if request.variables else b""
        key = QueryKey(principal, request.query or "", request.operation_name, variables)
        return await self._shared_queries.execute(key, partial(self._execute, request, principal, allowed))

    async def _execute(
        self, request: GraphQLRequest, principal: Principal, allowed: AbstractSet[OperationType]
    ) -> Answer:
        try:
            result = await self._graph.execute(
                request.query,
                variable_values=request.variables,
                context_value=Context(self._services, principal),
                operation_name=request.operation_name,
                allowed_operation_types=allowed,
            )
        except UNFIT as error:
            raise refusal_of(error) from None
        return answer_of(result)


async def read_request(scope: Scope, headers: Headers, receive: Receive) -> GraphQLRequest:
    """Read a request for an operation; raises Refused, or ClientDisconnect where its sender has left."""
    if scope["method"] == "GET":
        return read_parameters(scope["query_string"])
    if scope["method"] != "POST":
        raise Refused(405, "BAD_REQUEST", "GraphQL is asked by GET or by POST", {"Allow": "GET, POST"})
    if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(415, "BAD_REQUEST", f"A request has the content type {JSON}")
    request = read_body(await _body(receive))
    if isinstance(request, list):
        raise Refused(400, "BAD_REQUEST", "Batching is not enabled")
    return request


async def _body(receive: Receive) -> bytes:
    """Read a request's body; raises ClientDisconnect where its sender has left."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)

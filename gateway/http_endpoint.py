"""GraphQL over HTTP: a request is one operation, or a batch of them, and its answer one JSON text."""

from __future__ import annotations

import asyncio
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
from gateway.answers import OK, Answer, answer_of, refused_answer
from gateway.batching import joined, refuse_large
from gateway.callers import Callers
from gateway.documents import Documents
from gateway.errors import UNFIT, refusal_of
from gateway.graphql_request import GraphQLRequest
from gateway.http_request import read_requests
from gateway.media_types import wanted_by
from gateway.persisted_queries import PersistedQueryNotFound
from gateway.refusals import Refused
from gateway.reply import JSON, Reply
from gateway.shared_queries import QueryKey, SharedQueries
from resolvers.context import Context

ALLOWED = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}
"""What each method may do: a GET, which a link or an image could send, changes nothing."""


class HttpEndpoint:
    """Answers requests for queries and mutations."""

    def __init__(
        self,
        graph: strawberry.Schema,
        services: Services,
        callers: Callers,
        documents: Documents,
        shared_queries: SharedQueries,
        batch_operations: int,
    ) -> None:
        self._graph = graph
        self._services = services
        self._callers = callers
        self._documents = documents
        self._shared_queries = shared_queries
        self._batch_operations = batch_operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        headers = Headers(scope=scope)
        try:
            principal = await self._callers.of_request(headers)
            request = await read_requests(scope, headers, receive)
            allowed = ALLOWED[scope["method"]]
            if isinstance(request, list):
                answer = await self._answer_batch(request, principal, allowed)
            else:
                answer = await self._answer(request, principal, allowed)
        except Refused as refused:
            await refused(scope, receive, send)
        except ClientDisconnect:
            return
        else:
            media_type = wanted_by(headers.get("accept", "")).single
            status = OK if media_type == JSON else answer.status
            await Reply(status, answer.body, media_type)(scope, receive, send)

    async def _answer_batch(
        self, batch: list[GraphQLRequest], principal: Principal, allowed: AbstractSet[OperationType]
    ) -> Answer:
        refuse_large(batch, self._batch_operations)
        answers = await asyncio.gather(*(self._answer_of_batch(request, principal, allowed) for request in batch))
        return Answer(joined(answer.body for answer in answers), OK)

    async def _answer_of_batch(
        self, request: GraphQLRequest, principal: Principal, allowed: AbstractSet[OperationType]
    ) -> Answer:
        """Answer one of many: what is wrong with it is not wrong with the others."""
        try:
            return await self._answer(request, principal, allowed)
        except Refused as refused:
            return refused_answer(refused)

    async def _answer(
        self, request: GraphQLRequest, principal: Principal, allowed: AbstractSet[OperationType]
    ) -> Answer:
        try:
            text = self._documents.text_of(request, principal)
        except PersistedQueryNotFound as refused:
            return refused_answer(refused)
        variables = msgspec.json.encode(request.variables, order="sorted") if request.variables else b""
        key = QueryKey(principal, text, request.operation_name, variables)
        run = partial(self._execute, key, request.variables, allowed)
        return await self._shared_queries.execute(key, run)

    async def _execute(
        self, query: QueryKey, variables: dict[str, object] | None, allowed: AbstractSet[OperationType]
    ) -> Answer:
        try:
            result = await self._graph.execute(
                query.text,
                variable_values=variables,
                context_value=Context(self._services, query.principal),
                operation_name=query.operation_name,
                allowed_operation_types=allowed,
            )
        except UNFIT as error:
            raise refusal_of(error) from None
        return answer_of(result)

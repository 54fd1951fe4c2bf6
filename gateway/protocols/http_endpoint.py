"""GraphQL over HTTP: a request is one operation, or a batch of them, and its answer one JSON text or several parts."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope
from strawberry.types.graphql import OperationType

from adapters.principal import Principal
from gateway.access.callers import Callers
from gateway.configuration.settings import Settings
from gateway.execution.operation_type import operation_type
from gateway.protocols.answers import OK, Answer, refused_answer
from gateway.protocols.asked import Allowed, Asked
from gateway.protocols.batching import joined, refuse_large
from gateway.protocols.caching import Caching
from gateway.protocols.distinct_stream import distinct_stream
from gateway.protocols.graphql_request import GraphQLRequest
from gateway.protocols.http_operations import HttpOperations
from gateway.protocols.http_request import read_requests
from gateway.protocols.incremental import may_come_in_parts
from gateway.protocols.incremental_reply import IncrementalReply
from gateway.protocols.media_types import Wanted, wanted_by
from gateway.protocols.multipart_subscription import MultipartSubscription
from gateway.protocols.operation_stream import OperationStreams
from gateway.protocols.persisted_queries import PersistedQueryNotFound

QUERY, SUBSCRIPTION = frozenset({OperationType.QUERY}), frozenset({OperationType.SUBSCRIPTION})
ALLOWED = {"GET": QUERY, "POST": QUERY | {OperationType.MUTATION}}
"""What each method may do: a GET, which a link or an image could send, changes nothing."""


class HttpEndpoint:
    """Answers requests for queries and mutations, and, in parts or by events, for subscriptions."""

    def __init__(
        self,
        callers: Callers,
        operations: HttpOperations,
        streams: OperationStreams,
        caching: Caching,
        settings: Settings,
    ) -> None:
        self._callers = callers
        self._operations = operations
        self._streams = streams
        self._caching = caching
        self._settings = settings

    async def response(self, scope: Scope, receive: Receive) -> ASGIApp:
        """Give the answer to a request; raises Refused, or ClientDisconnect where its sender has left."""
        headers = Headers(scope=scope)
        principal = await self._callers.of_request(headers)
        request = await read_requests(scope, headers, receive)
        allowed, wanted = ALLOWED[scope["method"]], wanted_by(headers.get("accept", ""))
        if isinstance(request, list):
            return (await self._answer_batch(request, principal, allowed)).as_reply(wanted.single)
        try:
            return await self._response_to(request, principal, allowed, wanted, headers)
        except PersistedQueryNotFound as unknown:
            return refused_answer(unknown).as_reply(wanted.single)

    async def _response_to(
        self,
        request: GraphQLRequest,
        principal: Principal,
        allowed: Allowed,
        wanted: Wanted,
        headers: Headers,
    ) -> ASGIApp:
        operations, asked = self._operations, self._operations.asked_by(request, principal)
        if wanted.parts and may_come_in_parts(asked.text) and self._type_of(asked) in allowed:
            results = self._streams.of_asked(asked, allowed).results()
            return IncrementalReply(results, wanted, self._settings.operation_seconds)
        if (wanted.events or wanted.subscription) and self._type_of(asked) is OperationType.SUBSCRIPTION:
            operation, seconds = self._streams.of_asked(asked, SUBSCRIPTION), self._settings.ping_seconds
            if wanted.events:
                return distinct_stream(operation, headers.get("last-event-id"), seconds)
            return MultipartSubscription(operation.results(), seconds)
        answer = await operations.answer(asked, allowed)
        if allowed is QUERY:
            return self._caching.reply(answer, asked.text, wanted.single, headers.get("if-none-match"))
        return answer.as_reply(wanted.single)

    def _type_of(self, asked: Asked) -> OperationType | None:
        return operation_type(asked.text, asked.operation_name, self._settings.max_tokens or None)

    async def _answer_batch(self, batch: list[GraphQLRequest], principal: Principal, allowed: Allowed) -> Answer:
        refuse_large(batch, self._settings.batch_operations)
        answer = self._operations.answer_of_batch
        answers = await asyncio.gather(*(answer(request, principal, allowed) for request in batch))
        return Answer(joined(each.body for each in answers), OK)

"""Runs the operations that come over HTTP and have one answer."""

from __future__ import annotations

from functools import partial

import msgspec
import strawberry

from adapters.principal import Principal
from adapters.services import Services
from gateway.execution.errors import UNFIT, refusal_of
from gateway.execution.shared_queries import QueryKey, SharedQueries
from gateway.protocols.answers import Answer, answer_of, refused_answer
from gateway.protocols.asked import Allowed, Asked
from gateway.protocols.documents import Documents
from gateway.protocols.graphql_request import GraphQLRequest
from gateway.protocols.refusals import Refused
from resolvers.context import Context


class HttpOperations:
    """Runs operations for their callers."""

    def __init__(
        self, graph: strawberry.Schema, services: Services, documents: Documents, shared_queries: SharedQueries
    ) -> None:
        self._graph = graph
        self._services = services
        self._documents = documents
        self._shared_queries = shared_queries

    def asked_by(self, request: GraphQLRequest, principal: Principal) -> Asked:
        """Say what a request asks for; raises Refused."""
        text = self._documents.text_of(request, principal)
        return Asked(principal, text, request.operation_name, request.variables)

    async def answer(self, asked: Asked, allowed: Allowed) -> Answer:
        """Run an operation, or share the answer of an equal query; raises Refused where it is not to be run."""
        variables = msgspec.json.encode(asked.variables, order="sorted") if asked.variables else b""
        key = QueryKey(asked.principal, asked.text, asked.operation_name, variables)
        return await self._shared_queries.execute(key, partial(self._run, asked, allowed))

    async def answer_of_batch(self, request: GraphQLRequest, principal: Principal, allowed: Allowed) -> Answer:
        """Answer one of many: what is wrong with it is not wrong with the others."""
        try:
            return await self.answer(self.asked_by(request, principal), allowed)
        except Refused as refused:
            return refused_answer(refused)

    async def _run(self, asked: Asked, allowed: Allowed) -> Answer:
        try:
            result = await self._graph.execute(
                asked.text,
                variable_values=asked.variables,
                context_value=Context(self._services, asked.principal),
                operation_name=asked.operation_name,
                allowed_operation_types=allowed,
            )
        except UNFIT as error:
            raise refusal_of(error) from None
        return answer_of(result)

"""Operations whose results are sent as they come, whichever protocol carries them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from adapters.principal import Principal
from adapters.services import Services
from gateway.protocols.answers import written, written_part
from gateway.protocols.asked import Allowed, Asked
from gateway.protocols.documents import Documents
from gateway.protocols.graphql_request import GraphQLRequest
from resolvers.context import Context

ANY_TYPE = frozenset(OperationType)

_beginning: ContextVar[asyncio.Event | None] = ContextVar("beginning", default=None)


class ToldBeginning(SchemaExtension):
    """Tells that an operation is executed; the last extension, as any other may still refuse it."""

    def on_execute(self) -> Iterator[None]:
        """Tell it."""
        if (beginning := _beginning.get()) is not None:
            beginning.set()
        yield


class OperationStream:
    """An operation that is about to run in the current task; `began` is set once it is executed.

    A result that `is_refusal` holds nothing but errors, and no other follows it; any before `began` is one. Results
    come whole, whatever `@defer` and `@stream` ask for, unless `gateway.protocols.incremental` is told otherwise.
    """

    def __init__(self, graph: strawberry.Schema, asked: Asked, context: Context, allowed: Allowed) -> None:
        self.began = asyncio.Event()
        self.is_refusal = False
        self._graph = graph
        self._asked = asked
        self._context = context
        self._allowed = allowed

    async def results(self) -> AsyncGenerator[dict[str, Any], None]:
        """Give each result as clients get it."""
        _beginning.set(self.began)
        results = await self._graph.stream(
            self._asked.text,
            variable_values=self._asked.variables,
            context_value=self._context,
            operation_name=self._asked.operation_name,
            allowed_operation_types=self._allowed,
        )
        async with aclosing(results):
            async for result in results:
                self.is_refusal = isinstance(result, PreExecutionError) or not self.began.is_set()
                yield written(result) if isinstance(result, ExecutionResult) else written_part(result)


@dataclass(frozen=True)
class OperationStreams:
    """Makes the streams of operations."""

    graph: strawberry.Schema
    services: Services
    documents: Documents

    def of(self, request: GraphQLRequest, principal: Principal, allowed: Allowed = ANY_TYPE) -> OperationStream:
        """Make one operation's; raises Refused where its caller may not begin it."""
        text = self.documents.text_of(request, principal)
        return self.of_asked(Asked(principal, text, request.operation_name, request.variables), allowed)

    def of_asked(self, asked: Asked, allowed: Allowed) -> OperationStream:
        """Make that of an operation whose text is found."""
        return OperationStream(self.graph, asked, Context(self.services, asked.principal), allowed)

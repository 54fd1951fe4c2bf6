"""Errors that suggest what was meant tell names of the graph to who guesses, and take time to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLSchema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from adapters.principal import Principal


def hide_suggestions(graph: strawberry.Schema, is_developing: Callable[[Principal], bool]) -> None:
    """Leave suggestions out of what is said of variables; validation leaves them out by itself."""

    class QuietExecution(StrawberryGraphQLCoreExecutionContext):
        """Execution without suggestions, save for who develops."""

        @classmethod
        def build(  # type: ignore[override] # what lies between is handed on
            cls, schema: GraphQLSchema, document: DocumentNode, root: Any, context: Any, *parts: Any, **options: Any
        ) -> Any:
            """Prepare the execution of an operation."""
            options["hide_suggestions"] = not is_developing(context.principal)
            return super().build(schema, document, root, context, *parts, **options)

    graph.execution_context_class = QuietExecution

"""Documents that are kept parsed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError

from gateway.execution.known_documents import LONGEST_KEPT, KnownDocuments
from gateway.execution.lined_source import LinedSource

_known: KnownDocuments[tuple[Any, ...], DocumentNode] = KnownDocuments()


class OperationNotNamed(CannotGetOperationTypeError):
    """A document has several operations, and nothing says which is meant; Strawberry would run the first."""

    def __init__(self, operations: int) -> None:
        super().__init__(None)
        self.operations = operations


class ParsedDocuments(SchemaExtension):
    """Parses what comes for the first time; what can't be parsed is left to be refused, for streams too."""

    def on_parse(self) -> Iterator[None]:
        """Give the document that is known, or parse it; raises OperationNotNamed."""
        context = self.execution_context
        text = context.query or ""
        with contextlib.suppress(GraphQLError):
            context.graphql_document = parsed(text, **context.parse_options)
        if context._provided_operation_name is None:  # noqa: SLF001 - Strawberry shows it nowhere else
            _refuse_choice(context.graphql_document)
        yield


def _refuse_choice(document: DocumentNode | None) -> None:
    definitions = document.definitions if document is not None else ()
    operations = sum(isinstance(definition, OperationDefinitionNode) for definition in definitions)
    if operations > 1:
        raise OperationNotNamed(operations)


def parsed(text: str, **options: Any) -> DocumentNode:
    """Parse a text, or give the document that is known of it; a long one is not kept."""
    key = (text, *options.items())
    if (document := _known.find(key)) is not None:
        return document
    document = parse(LinedSource(text), **options)
    return document if len(text) > LONGEST_KEPT else _known.keep(key, document, document)

"""What an operation is, before it is executed."""

from __future__ import annotations

from functools import lru_cache

from graphql import GraphQLError, get_operation_ast, parse
from strawberry.types.graphql import OperationType

from gateway.execution.known_documents import KNOWN_DOCUMENTS, LONGEST_KEPT


def operation_type(text: str, operation_name: str | None, max_tokens: int | None = None) -> OperationType | None:
    """Say what the operation of this name is, or the only one; None for a text that is not fit to be parsed."""
    read = _known if len(text) <= LONGEST_KEPT else _read
    return read(text, operation_name, max_tokens)


def _read(text: str, operation_name: str | None, max_tokens: int | None) -> OperationType | None:
    try:
        definition = get_operation_ast(parse(text, no_location=True, max_tokens=max_tokens), operation_name)
    except GraphQLError:
        return None
    return OperationType(definition.operation.value) if definition is not None else None


_known = lru_cache(KNOWN_DOCUMENTS)(_read)

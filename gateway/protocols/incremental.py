"""`@defer` and `@stream`: parts of an answer that come later, for clients that can take them.

For all others the directives are ignored, and the answer comes whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema
from graphql.execution import Executor, experimental_execute_incrementally
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import StreamUsage
from graphql.pyutils import Path

DIRECTIVES = ("@defer", "@stream")

_is_wanted: ContextVar[bool] = ContextVar("parts_are_wanted", default=False)


def may_come_in_parts(text: str) -> bool:
    """Say whether a document may ask for parts; one that hides it behind white space gets its answer whole."""
    return any(directive in text for directive in DIRECTIVES)


@contextmanager
def parts_wanted() -> Iterator[None]:
    """Have what is executed meanwhile give its answer in parts, where its document asks for them."""
    token = _is_wanted.set(True)
    try:
        yield
    finally:
        _is_wanted.reset(token)


class _Whole(Executor[Any]):
    """Put before an executor that could answer in parts, keeps it from that."""

    execute_collected_root_fields = Executor.execute_collected_root_fields
    execute_collected_subfields = Executor.execute_collected_subfields

    def get_stream_usage(self, *_: object) -> None:
        """Know of no stream."""


class _InParts(Executor[Any]):
    """Put before an executor that answers in parts, tells a count that is none as a fault of the caller's."""

    def get_stream_usage(self, field_details_list: FieldDetailsList, path: Path) -> StreamUsage | None:
        """Read what `@stream` says; raises GraphQLError."""
        try:
            return super().get_stream_usage(field_details_list, path)
        except ValueError as error:
            raise GraphQLError(f"@stream: {error}") from None


def executing_with(executor: type[Executor[Any]]) -> Callable[..., Any]:
    """Give the function that executes a document, by an executor that can answer in parts."""
    whole, in_parts = (type(executor.__name__, (first, executor), {}) for first in (_Whole, _InParts))

    def execute(schema: GraphQLSchema, document: DocumentNode, **options: Any) -> Any:
        chosen = in_parts if _is_wanted.get() else whole
        return experimental_execute_incrementally(schema, document, **{**options, "executor_class": chosen})

    return execute

"""`@defer` and `@stream`: parts of an answer that come later, for clients that can take them.

For all others the directives are ignored, and the answer comes whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from graphql import DocumentNode, GraphQLSchema
from graphql.execution import Executor, experimental_execute_incrementally

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


class WholeAnswers(Executor[Any]):
    """Put before an executor that could answer in parts, keeps it from that."""

    execute_collected_root_fields = Executor.execute_collected_root_fields
    execute_collected_subfields = Executor.execute_collected_subfields
    handle_stream = Executor.handle_stream


def executing_with(executor: type[Executor[Any]]) -> Callable[..., Any]:
    """Give the function that executes a document, by an executor that can answer in parts."""
    whole = type(executor.__name__, (WholeAnswers, executor), {})

    def execute(schema: GraphQLSchema, document: DocumentNode, **options: Any) -> Any:
        chosen = executor if _is_wanted.get() else whole
        return experimental_execute_incrementally(schema, document, **{**options, "executor_class": chosen})

    return execute

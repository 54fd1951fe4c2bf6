"""How many rows an answer may have: they are counted while it is made, as lists may be longer than its cost assumes."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from graphql import GraphQLList, GraphQLResolveInfo, get_named_type, is_composite_type
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path

from gateway.limits.measure import too_complex


class Rows:
    """The rows that an operation's lists of objects have so far."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._number = 0

    def add(self, number: int) -> None:
        """Count those of a list before any of them is looked at; raises GraphQLError for too many."""
        self._number += number
        if self._number > self._most:
            message = f"The answer has more than {self._most} rows: ask for fewer rows or fields"
            raise too_complex("rows", self._number, self._most, message)


_rows: ContextVar[Rows | None] = ContextVar("rows", default=None)


@contextmanager
def row_limit(most: int) -> Iterator[None]:
    """Let what is executed meanwhile have so many rows, 0 is no limit; where a limit holds already, that one stays."""
    if not most or _rows.get() is not None:
        yield
        return
    token = _rows.set(Rows(most))
    try:
        yield
    finally:
        _rows.reset(token)


class CountedRows(Executor[Any]):
    """Put before an executor, counts the rows of its lists."""

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: AsyncIterable[Any] | Iterable[Any],
        *rest: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """Complete a list; raises GraphQLError where the operation has too many rows by now."""
        rows = _rows.get()
        if rows is not None and isinstance(result, Sized) and is_composite_type(get_named_type(return_type)):
            rows.add(len(result))
        return super().complete_list_value(return_type, field_details_list, info, path, result, *rest)

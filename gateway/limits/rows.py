"""How many rows an answer may have: they are counted while it is made, as lists may be longer than its cost assumes."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Sized
from typing import Any

import strawberry
from graphql import GraphQLList, GraphQLResolveInfo, get_named_type, is_composite_type
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path

from gateway.limits.measure import too_complex


class Rows:
    """The rows that an answer's lists of objects have so far."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._number = 0

    def add(self, number: int) -> None:
        """Count those of a list before any of them is looked at; raises GraphQLError for too many."""
        self._number += number
        if self._number > self._most:
            message = f"The answer has more than {self._most} rows: ask for fewer rows or fields"
            raise too_complex("rows", self._number, self._most, message)


class CountedRows(Executor[Any]):
    """Put before an executor, counts the rows of its lists; those of deferred parts are copies, and share the count."""

    most: int

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.rows = Rows(self.most)

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """Execute an event of a subscription, which is an answer by itself."""
        executor = super().build_per_event_executor(payload)
        assert isinstance(executor, CountedRows)  # noqa: S101 - it is a copy
        executor.rows = Rows(self.most)
        return executor

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: AsyncIterable[Any] | Iterable[Any],
        *rest: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """Complete a list; raises GraphQLError where the answer has too many rows by now."""
        if isinstance(result, Sized) and is_composite_type(get_named_type(return_type)):
            self.rows.add(len(result))
        return super().complete_list_value(return_type, field_details_list, info, path, result, *rest)


def count_rows(graph: strawberry.Schema, most: int) -> None:
    """Let every answer have so many rows; 0 is no limit."""
    if most:
        executor = graph.execution_context_class
        graph.execution_context_class = type(executor.__name__, (CountedRows, executor), {"most": most})

"""What surrounds every edge that awaits: the operation's deadline, and a span where there are traces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import iscoroutinefunction
from typing import Any

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from adapters.http.deadline import operation_deadline

Resolve = Callable[..., Coroutine[Any, Any, Any]]
Surround = Callable[[Resolve, str], Resolve]
"""Takes an edge's resolver and the edge's name, as in `Deploy.regressions`, and gives what runs in its place."""

GRACE_SECONDS = 0.1
"""By how much an edge outlasts the deadline, so that a call which names its service can say first that it is over."""


class OperationTimedOut(Exception):
    """The operation's time was over before an edge had its answer."""


class Waiting:
    """The edges of an operation that wait; one timer ends them all, as a timer each would cost more than most edges."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_over = False

    def end(self) -> None:
        """End them: the time is over."""
        self._is_over = True
        for task in self._tasks:
            task.cancel()

    async def answer(self, awaitable: Coroutine[Any, Any, Any]) -> Any:
        """Wait for an edge's answer; raises OperationTimedOut."""
        if self._is_over:
            awaitable.close()
            raise OperationTimedOut
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - what awaits runs in a task
        self._tasks.add(task)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self._is_over and not task.uncancel():
                raise OperationTimedOut from None
            raise
        finally:
            self._tasks.discard(task)


_waiting: ContextVar[Waiting | None] = ContextVar("waiting_edges", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Give the edges that are asked within so many seconds; where a limit holds already, that one stays."""
    if _waiting.get() is not None:
        yield
        return
    waiting = Waiting()
    token = _waiting.set(waiting)
    timer = asyncio.get_running_loop().call_later(seconds + GRACE_SECONDS, waiting.end)
    try:
        with operation_deadline(seconds):
            yield
    finally:
        timer.cancel()
        _waiting.reset(token)


class OperationDeadline(SchemaExtension):
    """Gives a query or a mutation so many seconds; what is not there by then is an error, the rest is data."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def on_execute(self) -> Iterator[None]:
        """Let the time begin; a subscription's is without end."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        with time_limit(self._seconds):
            yield


def surround_edges(graph: strawberry.Schema, surround: Surround) -> None:
    """Put something around every edge that awaits; fields that are ready when they are asked for stay as they are."""
    for name, kind in graph._schema.type_map.items():  # noqa: SLF001 - Strawberry shows it nowhere else
        if not isinstance(kind, GraphQLObjectType):
            continue
        for field_name, field in kind.fields.items():
            if field.resolve is not None and iscoroutinefunction(field.resolve):
                field.resolve = surround(field.resolve, f"{name}.{field_name}")


def in_time(resolve: Resolve, _name: str) -> Resolve:
    """End an edge when the operation's time is over."""

    def resolve_in_time(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Coroutine[Any, Any, Any]:
        answer = resolve(source, info, **arguments)
        waiting = _waiting.get()
        return answer if waiting is None else waiting.answer(answer)

    return resolve_in_time

"""What is known of an operation while it runs and when it has ended, without anything that its caller sent along."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, get_operation_ast
from graphql.execution import SubsequentIncrementalExecutionResult
from strawberry.extensions import SchemaExtension

NAME_LENGTH = 64
HASH_LENGTH = 16
JOINED = "joined"
"""How a query ended that got the answer of an equal one, which arrived with it."""
LEFT = (asyncio.CancelledError, GeneratorExit)


class Outcome(StrEnum):
    """How an operation ended: with all data, some or none, unfit to be run, or because its caller left."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    INVALID = "invalid"
    CANCELLED = "cancelled"


class Trouble(NamedTuple):
    """An error's code, and the service it came from, empty where it came from none."""

    code: str
    service: str


@dataclass
class Operation:
    """An operation: `root_field` is its only one, `document` a hash of its text, `span` what traces hang it on.

    `cost` is what it costs at most, once that is known.
    """

    tenant: str
    document: str
    began_at: float = field(default_factory=time.perf_counter)
    name: str = ""
    type: str = "unknown"
    root_field: str = ""
    outcome: Outcome = Outcome.OK
    troubles: Counter[Trouble] = field(default_factory=Counter)
    upstream_calls: int = 0
    events: int = 0
    was_executed: bool = False
    cost: float | None = None
    seconds: float = 0.0
    span: Any = None

    @property
    def codes(self) -> list[str]:
        """The codes of its errors, each once."""
        return sorted({trouble.code for trouble in self.troubles})


class OperationWatcher:
    """Is told of every operation; overrides what it wants to know."""

    def began(self, operation: Operation) -> None:
        """Take note of an operation that is not parsed yet."""

    def executing(self, operation: Operation) -> None:
        """Take note of a valid operation: its name, type and field are known."""

    def pushed(self, operation: Operation) -> None:
        """Take note of a subscription's event."""

    def ended(self, operation: Operation) -> None:
        """Take note of how it ended."""

    def joined(self, document: str, seconds: float) -> None:
        """Take note of a query that got the answer of an equal one, which is told of by itself."""


current_operation: ContextVar[Operation | None] = ContextVar("current_operation", default=None)


class ObservedOperation(SchemaExtension):
    """Tells the watchers of an operation; the first extension, so that it sees what the caller sees."""

    def __init__(self, watchers: Sequence[OperationWatcher]) -> None:
        self._watchers = watchers
        self._is_streamed = False

    def on_operation(self) -> Iterator[None]:
        """Follow the operation from its first byte to its last."""
        text = self.execution_context.query or ""
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:HASH_LENGTH]
        operation = self._operation = Operation(self.execution_context.context.principal.tenant, digest)
        for watcher in self._watchers:
            watcher.began(operation)
        outer = current_operation.get()
        current_operation.set(operation)
        try:
            yield
        except BaseException as error:
            operation.outcome = Outcome.CANCELLED if isinstance(error, LEFT) else Outcome.INVALID
            raise
        finally:
            self._end(operation)
            current_operation.set(outer)  # a stream may end in another context than it began in, which has no token

    def on_execute(self) -> Iterator[None]:
        """Say what is executed."""
        self._operation.was_executed = True
        self._describe(self._operation)
        for watcher in self._watchers:
            watcher.executing(self._operation)
        yield

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """Count an event, or note what a part holds."""
        self._is_streamed = True
        if isinstance(result, SubsequentIncrementalExecutionResult):
            try:
                yield
            finally:
                self._note(result)  # only now are its errors as the caller sees them
            return
        self._note(result)
        if self._operation.type == "subscription" and result.data is not None:
            self._operation.events += 1
            for watcher in self._watchers:
                watcher.pushed(self._operation)
        yield

    def _end(self, operation: Operation) -> None:
        operation.seconds = time.perf_counter() - operation.began_at
        self._describe(operation)
        result = self.execution_context.result
        if not self._is_streamed and result is not None:
            self._note(result)
        if operation.outcome is Outcome.OK and operation.troubles:
            operation.outcome = self._outcome(has_data=bool(operation.events or getattr(result, "data", None)))
        for watcher in self._watchers:
            watcher.ended(operation)

    def _outcome(self, *, has_data: bool) -> Outcome:
        if has_data:
            return Outcome.PARTIAL
        return Outcome.FAILED if self._operation.was_executed else Outcome.INVALID

    def _note(self, result: Any) -> None:
        self._operation.troubles.update(map(_trouble, _errors(result)))

    def _describe(self, operation: Operation) -> None:
        document = self.execution_context.graphql_document
        if document is None:
            return
        definition = get_operation_ast(document, self.execution_context.operation_name)
        if definition is None:
            return
        operation.type = definition.operation.value
        operation.name = definition.name.value[:NAME_LENGTH] if definition.name else ""
        operation.root_field = _only_field(definition) if operation.was_executed else ""


def _errors(result: Any) -> Iterator[GraphQLError]:
    """Yield the errors of a result, or of a part of one."""
    yield from getattr(result, "errors", None) or ()
    for part in (*(getattr(result, "incremental", None) or ()), *(getattr(result, "completed", None) or ())):
        yield from part.errors or ()


def _trouble(error: GraphQLError) -> Trouble:
    extensions = error.extensions or {}
    return Trouble(str(extensions.get("code", "")), str(extensions.get("service", "")))


def _only_field(definition: OperationDefinitionNode) -> str:
    selections = definition.selection_set.selections
    match selections:
        case [FieldNode(name=name)]:
            return "introspection" if name.value.startswith("__") else name.value
    return "several"

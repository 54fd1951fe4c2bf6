"""A line in the log for each operation."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager

import msgspec

from adapters.http.observing import Call, Observer
from gateway.observability.observed_operation import JOINED, Operation, OperationWatcher, current_operation

logger = logging.getLogger(__name__)


class OperationLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is logged of an operation; `document` is a hash of its text, and nothing of its variables is here."""

    type: str
    name: str = ""
    document: str
    outcome: str
    duration_ms: float
    codes: list[str] = []
    cost: float | None = None
    upstream_calls: int = 0
    events: int = 0

    def __str__(self) -> str:
        return " ".join(f"{name}={_shown(value)}" for name, value in msgspec.to_builtins(self).items())


class AccessLog(OperationWatcher, Observer):
    """Writes the line, and counts the calls that an operation makes for it."""

    def calling(self, call: Call) -> AbstractContextManager[None]:
        """Count a call."""
        if (operation := current_operation.get()) is not None:
            operation.upstream_calls += 1
        return super().calling(call)

    def ended(self, operation: Operation) -> None:
        """Write it."""
        line = OperationLine(
            type=operation.type,
            name=operation.name,
            document=operation.document,
            outcome=operation.outcome.value,
            duration_ms=round(operation.seconds * 1000, 1),
            codes=operation.codes,
            cost=operation.cost,
            upstream_calls=operation.upstream_calls,
            events=operation.events,
        )
        logger.info("operation", extra={"operation": line})

    def joined(self, document: str, seconds: float) -> None:
        """Write a line for who was answered with it."""
        line = OperationLine(type="query", document=document, outcome=JOINED, duration_ms=round(seconds * 1000, 1))
        logger.info("operation", extra={"operation": line})


def _shown(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)

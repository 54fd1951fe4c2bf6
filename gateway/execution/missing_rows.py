"""Rows that a service's lists lack in an answer, as they could not be read: the answer says how many of which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from adapters.http.rows import ReadList, noting_missing

MISSING_ROWS = "missingRows"


class MissingRows(SchemaExtension):
    """Tells them in `extensions`; what streams leave out, the log and `services` say."""

    def __init__(self) -> None:
        self._missing: Mapping[ReadList, int] = {}

    def on_execute(self) -> Iterator[None]:
        """Note what is left out of the lists that are read meanwhile."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        with noting_missing() as self._missing:
            yield

    def get_results(self) -> dict[str, Any]:
        """Tell it."""
        rows = Counter[tuple[str, str]]()
        for read, number in self._missing.items():
            rows[read.service, read.path] += number
        told = [{"service": service, "path": path, "rows": number} for (service, path), number in sorted(rows.items())]
        return {MISSING_ROWS: told} if told else {}

"""One context an operation, also where a socket carries many."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension


class OwnContext(SchemaExtension):
    """Gives each operation a context of its own, so that nothing loaded for one is seen by another."""

    def on_operation(self) -> Iterator[None]:
        """Replace the connection's context by the operation's."""
        self.execution_context.context = self.execution_context.context.for_operation()
        yield

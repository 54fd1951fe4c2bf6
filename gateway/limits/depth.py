"""How deep fields may be nested: each level multiplies what is answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode

from gateway.limits.measure import Fragments, Measure, too_complex


class Depth(Measure[int]):
    """The levels of fields; those of introspection have a limit of their own."""

    def of_field(self, node: FieldNode) -> int:
        """Count the field and the deepest below it."""
        return 0 if node.name.value.startswith("__") else 1 + self.of(node.selection_set)

    def together(self, parts: Iterable[int]) -> int:
        """Take the deepest one."""
        return max(parts, default=0)


def check_depth(most: int, operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that is nested deeper."""
    depth = Depth(fragments).of(operation.selection_set)
    if depth > most:
        message = f"Fields are nested {depth} levels deep: at most {most} are allowed"
        yield too_complex("depth", depth, most, message, operation)

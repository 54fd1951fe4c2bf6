"""Who may ask the graph what it holds, and how often in one operation: the answer is larger than any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode

from gateway.limits.measure import Fragments, Measure, too_complex

LOOKUPS = ("__schema", "__type")
MOST = 5
DISABLED = "INTROSPECTION_DISABLED"


class Lookups(Measure[int]):
    """The fields that look into the graph; graphql-core itself limits how deep they go round."""

    def of_field(self, node: FieldNode) -> int:
        """Count the field, or those below it."""
        return 1 if node.name.value in LOOKUPS else self.of(node.selection_set)

    def together(self, parts: Iterable[int]) -> int:
        """Add up."""
        return sum(parts)


def check_introspection(operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that looks into the graph more than five times."""
    lookups = Lookups(fragments).of(operation.selection_set)
    if lookups > MOST:
        message = f"The operation has `__schema` or `__type` {lookups} times: at most {MOST} are allowed"
        yield too_complex("introspection", lookups, MOST, message, operation)


def refuse_introspection(operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that looks into the graph at all."""
    if Lookups(fragments).of(operation.selection_set):
        message = (
            "Introspection is off, as this is no development: `trigraph schema` prints the graph, "
            "and TRIGRAPH_DEVELOPMENT=true switches it on"
        )
        yield GraphQLError(message, operation, extensions={"code": DISABLED})

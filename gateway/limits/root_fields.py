"""How many root fields an operation may have: each is a question of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode

from gateway.limits.measure import Fragments, Measure, too_complex


class RootFields(Measure[frozenset[str]]):
    """The names that the root's fields have in the answer."""

    def of_field(self, node: FieldNode) -> frozenset[str]:
        """Name the field."""
        return frozenset([(node.alias or node.name).value])

    def together(self, parts: Iterable[frozenset[str]]) -> frozenset[str]:
        """Count a name once: what has the same one is the same field."""
        return frozenset().union(*parts)


def check_root_fields(most: int, operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that has more."""
    fields = len(RootFields(fragments).of(operation.selection_set))
    if fields > most:
        message = f"The operation has {fields} root fields: at most {most} are allowed"
        yield too_complex("rootFields", fields, most, message, operation)

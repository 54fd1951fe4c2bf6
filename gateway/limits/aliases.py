"""How many fields may be asked for under another name: each is resolved once more, though the document hardly grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode

from gateway.limits.measure import Fragments, Measure, too_complex


class Aliases(Measure[int]):
    """The aliases, those of a fragment wherever it is used."""

    def of_field(self, node: FieldNode) -> int:
        """Count the field's alias and those below it."""
        return (node.alias is not None) + self.of(node.selection_set)

    def together(self, parts: Iterable[int]) -> int:
        """Add up."""
        return sum(parts)


def check_aliases(most: int, operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that has more."""
    aliases = Aliases(fragments).of(operation.selection_set)
    if aliases > most:
        message = f"The operation has {aliases} aliases: at most {most} are allowed"
        yield too_complex("aliases", aliases, most, message, operation)

"""How many directives an operation may hold: each is checked, and looked up again wherever it is executed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, SelectionNode

from gateway.limits.measure import Fragments, Measure, too_complex


class Directives(Measure[int]):
    """The directives, those of a fragment wherever it is used."""

    def of_selection(self, node: SelectionNode) -> int:
        """Count those on a field or a fragment, and those below it."""
        return len(node.directives or ()) + super().of_selection(node)

    def of_field(self, node: FieldNode) -> int:
        """Count those below the field."""
        return self.of(node.selection_set)

    def together(self, parts: Iterable[int]) -> int:
        """Add up."""
        return sum(parts)


def check_directives(most: int, operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that has more; those of its fragments and variables count, too."""
    directives = len(operation.directives or ())
    directives += sum(len(variable.directives or ()) for variable in operation.variable_definitions or ())
    directives += sum(len(fragment.directives or ()) for fragment in fragments.values())
    directives += Directives(fragments).of(operation.selection_set)
    if directives > most:
        message = f"The operation has {directives} directives: at most {most} are allowed"
        yield too_complex("directives", directives, most, message, operation)

"""How often one selection may hold the same name: validation compares each with each other, and the answer has one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, SelectionSetNode

from gateway.limits.measure import Fragments, Measure, too_complex


class Repeats(Measure[Counter[str]]):
    """How often a selection holds each name, with its fragments; `most` is the most of all that were measured."""

    def __init__(self, fragments: Fragments) -> None:
        super().__init__(fragments)
        self.most = 0

    def of(self, selections: SelectionSetNode | None) -> Counter[str]:
        """Count the names, and note the most frequent."""
        counted = super().of(selections)
        self.most = max(self.most, *counted.values(), 0)
        return counted

    def of_field(self, node: FieldNode) -> Counter[str]:
        """Count the field's name; what is below it is another selection."""
        self.of(node.selection_set)
        return Counter({(node.alias or node.name).value: 1})

    def together(self, parts: Iterable[Counter[str]]) -> Counter[str]:
        """Add up."""
        counted: Counter[str] = Counter()
        for part in parts:
            counted.update(part)
        return counted


def check_repeats(most: int, operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that has a name more often in a selection."""
    repeats = Repeats(fragments)
    repeats.of(operation.selection_set)
    if repeats.most > most:
        message = f"A selection holds the same field {repeats.most} times: at most {most} are allowed"
        yield too_complex("repeats", repeats.most, most, message, operation)

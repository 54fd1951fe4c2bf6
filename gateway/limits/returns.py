"""How often a path may come back to a field: rules and techniques lead to each other, and each round multiplies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from graphql import FieldNode, GraphQLError, OperationDefinitionNode

from gateway.limits.measure import Fragments, Measure, too_complex


class Returns(Measure[Counter[str]]):
    """How often each field is on one path at most."""

    def of_field(self, node: FieldNode) -> Counter[str]:
        """Count the field on top of what is below it."""
        if node.name.value.startswith("__"):
            return Counter()
        return self.of(node.selection_set) + Counter({node.name.value: 1})

    def together(self, parts: Iterable[Counter[str]]) -> Counter[str]:
        """Take the largest number of each."""
        most: Counter[str] = Counter()
        for part in parts:
            for name, times in part.items():
                most[name] = max(most[name], times)
        return most


def check_returns(most: int, operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Refuse an operation that goes round more often."""
    for name, times in Returns(fragments).of(operation.selection_set).items():
        if times > most:
            message = f"The field {name!r} is nested in itself {times} times: at most {most} are allowed"
            yield too_complex("returns", times, most, message, operation)

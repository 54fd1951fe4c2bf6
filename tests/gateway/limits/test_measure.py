"""How a document is added up whose operations share their fragments."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import FieldNode, OperationDefinitionNode, parse

from gateway.limits.measure import Fragments, Measure

OPERATIONS = 200


class Looks(Measure[int]):
    """Counts fields, and notes each that it looks at."""

    seen: list[str] = []  # noqa: RUF012 - of all measures of a document together

    def of_field(self, node: FieldNode) -> int:
        """Count one."""
        self.seen.append(node.name.value)
        return 1

    def together(self, parts: Iterable[int]) -> int:
        """Add up."""
        return sum(parts)


def test_many_operations_measure_their_fragment_once() -> None:
    """Two hundred operations that share one of forty fields took a second, eight thousand fields for each limit."""
    operations = " ".join(f"query Q{number} {{ ...F }}" for number in range(OPERATIONS))
    document = parse(f"{operations} fragment F on Query {{ a b c }}")
    fragments = Fragments(document)
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            assert Looks(fragments).of(operation.selection_set) == 3
    assert Looks.seen == ["a", "b", "c"]

"""What an operation costs at most, told before it is run from its document and the variables that size a list.

Every field counts its weight for each time it may be there. Of fragments on several types the dearest counts, as an
object has only one; what a directive may leave out counts as if it were there. Each fragment that is deferred weighs as
much as an object, as it is executed by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from gateway.limits.measure import Fragments, distinct, is_deferred
from gateway.limits.prices import MOST_ROWS, Price, Prices, rows_of

KEPT = 64
"""For how many sizes of its lists an operation's cost is kept."""


class Rows(NamedTuple):
    """How many of some fields there are, as the field above them says."""

    fields: frozenset[str]
    number: int


NO_ROWS = Rows(frozenset(), 0)


class OperationCost:
    """What an operation costs; counted once for equal sizes of its lists."""

    def __init__(self, prices: Prices, operation: OperationDefinitionNode, fragments: Fragments, root: str) -> None:
        self._prices = prices
        self._selections = operation.selection_set
        self._fragments = fragments
        self._root = root
        self._defaults = {
            definition.variable.name.value: _rows_of_literal(definition.default_value)
            for definition in operation.variable_definitions or ()
        }
        self._sizing: tuple[str, ...] | None = None
        self._known: dict[tuple[int | None, ...], float] = {}

    def of(self, variables: Mapping[str, Any]) -> float:
        """Give the cost with these variables."""
        if self._sizing is not None:
            sizes = tuple([self._size(name, variables) for name in self._sizing])
            if (known := self._known.get(sizes)) is not None:
                return known
        walk = CostWalk(self._prices, self._fragments, {name: self._size(name, variables) for name in self._defaults})
        cost = walk.of(self._selections, self._root, NO_ROWS)
        self._sizing = tuple(sorted(walk.sizing))
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[tuple([self._size(name, variables) for name in self._sizing])] = cost
        return cost

    def _size(self, name: str, variables: Mapping[str, Any]) -> int | None:
        return rows_of(variables[name]) if name in variables else self._defaults.get(name)


class CostWalk:
    """Adds up a document once, each fragment once for each number of rows it is used with.

    `sizing` names the variables that size a list.
    """

    def __init__(self, prices: Prices, fragments: Fragments, sizes: Mapping[str, int | None]) -> None:
        self._prices = prices
        self._fragments = fragments
        self._sizes = sizes
        self._known: dict[tuple[str, Rows], float] = {}
        self.sizing: set[str] = set()

    def of(self, selections: SelectionSetNode | None, kind: str, rows: Rows) -> float:
        """Add up what is selected of a type."""
        shared, by_type = 0.0, dict[str, float]()
        for node in distinct(selections):
            on, cost = kind, 0.0
            match node:
                case FieldNode():
                    cost = self._of_field(node, kind, rows)
                case InlineFragmentNode():
                    on = node.type_condition.name.value if node.type_condition else kind
                    cost = is_deferred(node) + self.of(node.selection_set, on, rows)
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    on = fragment.type_condition.name.value
                    cost = is_deferred(node) + self._of_fragment(fragment, on, rows)
            if on == kind or on not in self._prices.objects:  # an object is of several of those
                shared += cost
            else:
                by_type[on] = by_type.get(on, 0.0) + cost
        return shared + max(by_type.values(), default=0.0)

    def _of_field(self, node: FieldNode, kind: str, rows: Rows) -> float:
        name = node.name.value
        price = self._prices.fields.get(kind, {}).get(name)
        if price is None:
            return 0.0
        size = self._rows(price, node) if price.is_list or price.sized else 1
        times = rows.number if name in rows.fields else size if price.is_list else 1
        below = Rows(price.sized, size) if price.sized else NO_ROWS
        return times * (price.weight + self.of(node.selection_set, price.kind, below))

    def _of_fragment(self, fragment: FragmentDefinitionNode, on: str, rows: Rows) -> float:
        key = fragment.name.value, rows
        if key not in self._known:
            self._known[key] = self.of(fragment.selection_set, on, rows)
        return self._known[key]

    def _rows(self, price: Price, node: FieldNode) -> int:
        given = {argument.name.value: argument for argument in node.arguments or ()}
        asked = [rows for name in price.slicing if (rows := self._rows_of_argument(given.get(name))) is not None]
        usual = [rows for rows in price.slicing.values() if rows is not None]
        return max(asked or usual, default=price.assumed_size)

    def _rows_of_argument(self, argument: ArgumentNode | None) -> int | None:
        if argument is None:
            return None
        if isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            self.sizing.add(name)
            return self._sizes.get(name)
        return _rows_of_literal(argument.value)


def _rows_of_literal(node: ValueNode | None) -> int | None:
    match node:
        case IntValueNode():
            return rows_of(int(node.value)) if len(node.value) < len(str(MOST_ROWS)) else MOST_ROWS
        case ListValueNode():
            return len(node.values)
    return None

"""The limits on an operation's document: how long it is, how deep, and how often it comes back to a field."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)
from strawberry.extensions import AddValidationRules, MaxTokensLimiter

TOKENS = 2_000
DEPTH = 12
RETURNS = 2


class DocumentLength(MaxTokensLimiter):
    """Refuses a document of more than 2,000 tokens, as validating one takes time that grows with their square."""

    def __init__(self) -> None:
        super().__init__(TOKENS)


class DocumentDepth(AddValidationRules):
    """Refuses fields nested deeper than 12 levels, and a field that is on the same path more than twice.

    Rules and techniques lead to each other without end, and each round multiplies what is answered.
    Strawberry's own limiter walks a fragment again for each use of it, which a short document makes endless.
    """

    def __init__(self) -> None:
        super().__init__([DepthRule])


class Reach(NamedTuple):
    """How deep a selection goes, and how often each field is on one path of it at most."""

    depth: int
    returns: Counter[str]


class DepthRule(ValidationRule):
    """Measures each operation, every fragment once; introspection counts for nothing."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._reach_of_fragment: dict[str, Reach] = {}

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        """Report an operation that is too deep, or goes round."""
        reach = self._reach(node.selection_set)
        if reach.depth > DEPTH:
            message = f"Fields are nested {reach.depth} levels deep: at most {DEPTH} are allowed"
            self.report_error(GraphQLError(message, node))
        for name, times in reach.returns.items():
            if times > RETURNS:
                message = f"The field {name!r} is nested in itself {times} times: at most {RETURNS} are allowed"
                self.report_error(GraphQLError(message, node))

    def _reach(self, selections: SelectionSetNode | None) -> Reach:
        reach = Reach(0, Counter())
        for node in selections.selections if selections is not None else ():
            found = self._reach_of(node)
            reach = Reach(max(reach.depth, found.depth), reach.returns | found.returns)
        return reach

    def _reach_of(self, node: SelectionNode) -> Reach:
        match node:
            case FieldNode():
                return self._reach_of_field(node)
            case FragmentSpreadNode():
                return self._reach_of_spread(node.name.value)
            case InlineFragmentNode():
                return self._reach(node.selection_set)
        return Reach(0, Counter())

    def _reach_of_field(self, node: FieldNode) -> Reach:
        name = node.name.value
        if name.startswith("__"):
            return Reach(0, Counter())
        within = self._reach(node.selection_set)
        return Reach(within.depth + 1, within.returns + Counter({name: 1}))

    def _reach_of_spread(self, name: str) -> Reach:
        if name not in self._reach_of_fragment:
            self._reach_of_fragment[name] = Reach(0, Counter())  # where it leads to itself, which another rule refuses
            fragment = self.context.get_fragment(name)
            if fragment is not None:
                self._reach_of_fragment[name] = self._reach(fragment.selection_set)
        return self._reach_of_fragment[name]
